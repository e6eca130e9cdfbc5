import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// What becomes of objects that nobody committed.
@Suite struct AdoptionTests {
    /// Would fail if an adopted container were not what a commit makes of it.
    @Test("one whose rows all wait is committed as its packer would have", arguments: Database.allCases)
    func adopt(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(6)
        let attempt = try await site.abandon(outside: true)
        let plan = try await site.plan()
        #expect(plan.summary == ["uncommitted adopt"] && plan.status == .partial)
        #expect(try await site.apply(plan) == [.done])

        let other = try await Site(database)
        try await other.queue(6)
        try await other.pack(outside: true)
        func places(_ site: Site) async throws -> [[String?]] {
            try await site.test.run(
                "SELECT name, source, source_id, data_offset, byte_count, flags, crc FROM des_files ORDER BY name")
        }
        #expect(try await places(site) == (try await places(other)))
        let record = try await site.test.run("SELECT key, epoch, state, entry_count, byte_count FROM des_containers")
        #expect(
            record == [[attempt.key, "\(attempt.lease.epoch)", "committed", "6", "\(attempt.bytes.count)"]])
        #expect(try await site.test.value("SELECT count(*) FROM des_queue") == "0")
        #expect(try await site.plan(readsData: true).status == .done)
        #expect(try await site.apply(plan) == [.already], "the same plan once more")
        // The shard is free again.
        try await site.takeOver()
    }

    @Test(
        "one of which each entry is in a committed container is deleted, with its bodies", arguments: Database.allCases)
    func delete(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(5)
        let stale = try await site.abandon(outside: true)
        let kept = try await site.pack(outside: true)
        let before = try await site.everything()
        let plan = try await site.plan()
        #expect(plan.summary == ["uncommitted delete"] && plan.status == .partial)
        #expect(try await site.has(stale.key))
        #expect(try await site.apply(plan) == [.done])
        #expect(try await site.keys() == ([site.recordKey, kept.key] + kept.outside.keys).sorted())
        #expect(try await site.everything() == before, "the catalog knows as much as before")
        #expect(try await site.apply(plan) == [.already])
        #expect(try await site.plan(readsData: true).findings.isEmpty)
    }

    /// As after a backup of the database was put back.
    @Test(
        "one that the catalog does not know at all is treated alike, and is known as abandoned",
        arguments: Database.allCases)
    func unknown(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(3)
        let stale = try await site.abandon()
        try await site.pack()
        try await site.test.run("DELETE FROM des_containers WHERE state = 'abandoned'")
        #expect(try await site.apply(try await site.plan()) == [.done])
        #expect(try await site.test.catalog.state(of: stale.id) == .abandoned)
        try await site.queue(3, shard: 1)
        let waiting = try await site.abandon(shard: 1)
        try await site.test.run("DELETE FROM des_containers WHERE key = '\(waiting.key)'")
        #expect(try await site.apply(try await site.plan()) == [.done])
        #expect(try await site.test.catalog.state(of: waiting.id) == .committed)
    }

    @Test(
        "one with entries of both kinds stays, and so does one with a row that is claimed or given up",
        arguments: Database.allCases)
    func keep(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(6)
        let mixed = try await site.abandon()
        try await site.pack(countMax: 4)
        let plan = try await site.plan()
        #expect(plan.summary == ["uncommitted -"] && plan.status == .partial)
        #expect(plan.findings[0].detail.contains("2 of its entries wait to be packed, 4 are in other containers, 0"))
        #expect(try await site.apply(plan).isEmpty)
        #expect(try await site.has(mixed.key))
        // The others are packed as well: now nobody needs it.
        try await site.pack()
        #expect(try await site.plan().summary == ["uncommitted delete"])

        try await site.queue(2, shard: 1)
        try await site.abandon(shard: 1)
        try await site.test.run("UPDATE des_queue SET status = 'failed' WHERE id = (SELECT min(id) FROM des_queue)")
        #expect(try await site.plan().summary == ["uncommitted -", "uncommitted delete"])
    }

    @Test(
        "what is younger than the grace, or in work, is left alone; what a dead packer left is said",
        arguments: Database.allCases)
    func young(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(2)
        let working = try await site.begin(holding: .seconds(1_000))
        try await site.put(working)
        var plan = try await site.plan()
        #expect(plan.findings.isEmpty && plan.counts.inWork == 1)
        try await site.test.run("UPDATE des_shard_leases SET expires_at = \(site.test.dialect.now("-", "5"))")
        #expect(try await site.plan().summary == ["stalled -"])
        try await site.takeOver()
        var options = Doctor.Options()
        options.grace = .seconds(4 * 86_400)
        plan = try await Doctor(try await site.deployment(), options: options).examine()
        #expect(plan.findings.isEmpty && plan.counts.young == 1)
        // Nor when it is done: the time of the object counts as well, and is asked again.
        plan = try await site.plan()
        plan.grace = options.grace
        #expect(try await site.apply(plan) == [.skipped("it is not old enough")])
    }

    @Test("of two attempts with the same rows the one with the higher epoch is adopted", arguments: Database.allCases)
    func twoAttempts(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(3)
        let first = try await site.abandon()
        let second = try await site.abandon()
        let plan = try await site.plan()
        #expect(plan.summary == ["uncommitted -", "uncommitted adopt"])
        #expect(plan.steps.map(\.container.id) == [second.id])
        #expect(try await site.apply(plan) == [.done])
        let next = try await site.plan()
        #expect(next.steps.map(\.container.id) == [first.id] && next.summary == ["uncommitted delete"])
        #expect(try await site.apply(next) == [.done])
        #expect(try await site.plan().status == .done)
    }

    @Test("a shard that somebody has is left to him", arguments: Database.allCases)
    func held(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(3)
        let attempt = try await site.abandon()
        let plan = try await site.plan()
        let shard = try #require(ShardID(0))
        let lease = try #require(
            try await site.test.catalog.acquire(shard, holder: "packer", timeToLive: .seconds(1_000)))
        let before = try await site.everything()
        let outcomes = try await site.apply(plan)
        guard case .skipped = outcomes.first else { Issue.record("\(outcomes)"); return }
        #expect(try await site.everything() == before)
        #expect(try await site.test.catalog.renew(lease, timeToLive: .seconds(10)))
        #expect(try await site.has(attempt.key))
    }

    /// Would fail if the rows were taken by their ids alone, or the transaction did not look again.
    @Test("rows that were claimed since stop it, whole", arguments: Database.allCases)
    func overtaken(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(4)
        let attempt = try await site.abandon()
        let deployment = try await site.deployment()
        let info = try await site.store.head(attempt.key)
        let key = try #require(deployment.containerKey(attempt.key))
        let seen = try await UncommittedCheck(deployment: deployment).examine(key, attempt.id, info)
        #expect(seen.decision == .adopt && seen.entries.count == 4)
        try await site.pack(countMax: 1)
        let before = try await site.everything()
        let lease = try #require(
            try await site.test.catalog.acquire(key.shard, holder: "doctor", timeToLive: .seconds(60)))
        await #expect(throws: RepairRefused.self) {
            try await site.test.catalog.adopt(seen.record, seen.entries, lease)
        }
        #expect(try await site.everything() == before)
    }

    /// Would fail if COMMIT did not require `uploaded`, or a deletion did not come after the row is abandoned.
    @Test("a packer that was stalled and commits now has lost, and nothing changes", arguments: Database.allCases)
    func stalled(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(4)
        let stalled = try await site.begin()
        try await site.put(stalled)
        try await site.test.catalog.uploaded(stalled.id, byteCount: stalled.bytes.count, stalled.lease)
        try await site.takeOver()
        try await site.pack()
        #expect(try await site.apply(try await site.plan()) == [.done])
        #expect(try await !site.has(stalled.key))
        let before = try await site.everything()
        await #expect(throws: CatalogError.leaseLost) {
            try await site.test.catalog.commit(stalled.id, stalled.entries, others: [], stalled.lease)
        }
        #expect(try await site.everything() == before)
        // Even if it gets its lease and its epoch back: the container is abandoned.
        try await site.test.run("UPDATE des_shard_leases SET epoch = \(stalled.lease.epoch), holder = 'packer'")
        await #expect(throws: CatalogError.leaseLost) {
            try await site.test.catalog.commit(stalled.id, stalled.entries, others: [], stalled.lease)
        }
        #expect(try await site.everything() == before)
    }
}
