import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// A catalog that is made again from containers alone.
@Suite struct RebuildTests {
    private func rebuilt(
        _ site: Site, on database: Database, store: (any ObjectStore)? = nil, dryRun: Bool = false
    ) async throws -> (site: Site, report: Rebuilder.Report) {
        let test = try await database.empty()
        _ = try await test.catalog.migrate(site.layout, accepting: { _ in })
        let other = Site(site, test, store: store)
        return (other, try await Rebuilder(try await other.deployment(), dryRun: dryRun).run())
    }

    /// Several days and shards, bodies outside, and sources without an id of their own.
    private func original(_ database: Database) async throws -> Site {
        let site = try await Site(database)
        let next = try #require(CalendarDay(number: Site.day.number + 1))
        for (day, shard) in [(Site.day, 0), (Site.day, 1), (next, 0)] {
            try await site.queue(7, day: day, shard: shard, source: day == next ? "/data/π \"q\" " : nil)
            try await site.pack(day: day, shard: shard, countMax: 4, outside: shard == 1)
            try await site.pack(day: day, shard: shard)
        }
        return site
    }

    @Test("what was packed is as it was, whatever the database", arguments: Database.allCases)
    func equal(database: Database) async throws {
        let site = try await original(database)
        for target in Database.allCases {
            let (other, report) = try await rebuilt(site, on: target)
            #expect(try await other.packed() == (try await site.packed()))
            #expect(report.containerCount == 6 && report.fileCount == 21 && report.status == .done)
            #expect(try await other.plan(readsData: true).status == .done)
            // Again: nothing changes, and nothing is read twice.
            let again = try await Rebuilder(try await other.deployment(), dryRun: false).run()
            #expect(again.alreadyCount == 6 && again.fileCount == 21 && again.status == .done)
            #expect(try await other.packed() == (try await site.packed()))
            // No later writer gets an epoch that a container has.
            let shard = try #require(ShardID(0))
            let lease = try #require(
                try await other.test.catalog.acquire(shard, holder: "a", timeToLive: .seconds(1)))
            #expect(lease.epoch > report.highestEpoch && report.highestEpoch > 1)
        }
    }

    @Test("a dry run writes nothing", arguments: Database.allCases)
    func dryRun(database: Database) async throws {
        let site = try await original(.sqlite)
        let (other, report) = try await rebuilt(site, on: database, dryRun: true)
        #expect(report.containerCount == 6 && report.fileCount == 21)
        #expect(try await other.everything().isEmpty)
        #expect(try await other.test.catalog.highestEpoch() == 0)
        // Of a catalog in use as well.
        #expect(try await Rebuilder(try await site.deployment(), dryRun: true).run().status == .done)
    }

    /// Of abandoned attempts, of which there are objects, none comes back as committed.
    @Test(
        "a name in several containers goes to the one with the highest epoch, then the lowest id",
        arguments: Database.allCases)
    func several(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(6)
        let stale = try await site.abandon()
        try await site.pack(countMax: 2)
        try await site.pack()
        // Another one with the same names and the same epoch as the last: the lower id counts.
        let last = try #require(
            try await site.test.run(
                "SELECT CAST(id AS text), key, epoch FROM des_containers ORDER BY epoch DESC LIMIT 1"
            ).first)
        let key = try #require(ContainerKey(last[1] ?? ""))
        let files = try await site.test.run(
            "SELECT name, source, source_id FROM des_files WHERE CAST(container_id AS text) = '\(last[0] ?? "")'")
        let rows = files.map { ClaimedRow(id: 0, name: $0[0] ?? "", source: $0[1] ?? "", sourceID: $0[2]) }
        var twin = key
        let later = try #require(key.id?.milliseconds) + 1
        var generator = SeededGenerator(seed: 2)
        twin.layout = .attempt(ContainerID(milliseconds: Int64(later), using: &generator))
        _ = try await site.store.put(
            twin.text, try Site.build(rows, twin, epoch: Int(last[2] ?? "") ?? 0).bytes, .create)
        for target in Database.allCases {
            let (other, report) = try await rebuilt(site, on: target)
            #expect(try await other.packed() == (try await site.packed()))
            #expect(report.containerCount == 2 && report.abandonedCount == 2 && report.status == .done)
            #expect(try await other.test.catalog.state(of: stale.id) == .abandoned)
            // Both are then what the doctor says they are.
            #expect(try await other.plan().summary == ["uncommitted delete", "uncommitted delete"])
        }
    }

    /// Would fail if a later run did not let the container with the higher epoch win.
    @Test("one that could not be read at first takes its names when it can", arguments: Database.allCases)
    func late(database: Database) async throws {
        let site = try await Site(.sqlite)
        try await site.queue(4)
        try await site.abandon()
        let winner = try await site.pack()
        try await site.store.delete(winner.key)
        let (other, first) = try await rebuilt(site, on: database)
        #expect(first.containerCount == 1)
        _ = try await site.store.put(winner.key, winner.bytes, .create)
        let second = try await Rebuilder(try await other.deployment(), dryRun: false).run()
        #expect(second.containerCount == 2)
        let places = "SELECT name, CAST(container_id AS text), data_offset FROM des_files ORDER BY name"
        #expect(try await other.test.run(places) == (try await site.test.run(places)))
    }

    @Test("any request may fail: run again it comes to the same", arguments: Database.allCases)
    func resumed(database: Database) async throws {
        let site = try await original(.sqlite)
        let expected = try await site.packed()
        let counting = StepwiseStore(site.store)
        _ = try await rebuilt(site, on: .sqlite, store: counting)
        for place in stride(from: 0, to: counting.count, by: database == .sqlite ? 3 : 11) {
            for fault in [StepwiseStore.Fault.death, .error(FaultTests.errors[0])] {
                let test = try await database.empty()
                _ = try await test.catalog.migrate(site.layout, accepting: { _ in })
                let broken = Site(site, test, store: StepwiseStore(site.store, fault, at: place))
                var status = DESCore.ExitStatus.unavailable
                do {
                    status = try await Rebuilder(try await broken.deployment(), dryRun: false).run().status
                } catch is DESError {
                } catch is StepwiseStore.Death {}
                #expect(status == .unavailable, "request \(place)")
                let whole = Site(site, test)
                let report = try await Rebuilder(try await whole.deployment(), dryRun: false).run()
                #expect(report.status == .done)
                #expect(try await whole.packed() == expected, "request \(place)")
            }
        }
    }

    @Test(
        "plain v1 containers, those of other writers and damaged ones are listed and left out",
        arguments: Database.allCases)
    func others(database: Database) async throws {
        let site = try await Site(.sqlite)
        try await site.queue(4)
        try await site.pack(countMax: 2)
        let damaged = try await site.pack()
        let place = "archive/\(Site.day)/shard_00000"
        func id() -> ContainerID { ContainerID(milliseconds: 5, using: &generator) }
        var generator = SeededGenerator(seed: 1)
        let (noSource, plain) = (id(), id())
        let sink = MemorySink()
        var options = ContainerWriter.Options()
        options.id = noSource
        var writer = try ContainerWriter(to: sink, options: options)
        try writer.append(EntryName("a.txt"), body: [1].span.bytes)
        _ = try writer.seal()
        _ = try await site.store.put("\(place)/\(noSource).des", sink.bytes, .create)
        let bytes = try Files.vector("v1-gaps.des")
        _ = try await site.store.put("\(place)/\(plain).des", bytes, .create)
        _ = try await site.store.put("archive/\(Site.day)/shard_00.des", bytes, .create)
        try await site.spoil(damaged.key, at: damaged.bytes.count - 100)
        let (other, report) = try await rebuilt(site, on: database)
        #expect(report.status == .partial && report.containerCount == 1 && report.fileCount == 2)
        #expect(
            report.skipped.map(\.key).sorted()
                == [
                    "archive/\(Site.day)/shard_00.des", damaged.key, "\(place)/\(noSource).des",
                    "\(place)/\(plain).des",
                ].sorted())
        #expect(try await other.test.value("SELECT count(*) FROM des_files") == "2")
    }

    @Test("a catalog in use is refused", arguments: Database.allCases)
    func inUse(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(2)
        try await site.abandon()
        let before = try await site.everything()
        await #expect { _ = try await Rebuilder(try await site.deployment(), dryRun: false).run() } throws: {
            ($0 as? DESError)?.code == .conflict
        }
        try await site.pack()
        let shard = try #require(ShardID(1))
        _ = try await site.test.catalog.acquire(shard, holder: "p", timeToLive: .seconds(1_000))
        await #expect(throws: DESError.self) {
            _ = try await Rebuilder(try await site.deployment(), dryRun: false).run()
        }
        #expect(before.count > 0)
    }

    /// As after a backup of the database was put back: the sequence begins again where it was then.
    @Test("a fence gives no epoch that a container has", arguments: Database.allCases)
    func fence(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(3)
        for _ in 0..<5 { try await site.takeOver(1) }
        let attempt = try await site.pack()
        let test = try await database.empty()
        _ = try await test.catalog.migrate(site.layout, accepting: { _ in })
        let restored = Site(site, test)
        let dry = try await EpochFence(try await restored.deployment(), dryRun: true).run()
        #expect(dry.highestEpoch == attempt.lease.epoch && dry.lastEpoch == attempt.lease.epoch)
        #expect(try await test.catalog.highestEpoch() == 0)
        let report = try await EpochFence(try await restored.deployment(), dryRun: false).run()
        #expect(report.status == .done && report.containerCount == 1 && report.lastEpoch == attempt.lease.epoch)
        let shard = try #require(ShardID(0))
        let lease = try #require(try await test.catalog.acquire(shard, holder: "a", timeToLive: .milliseconds(-1)))
        #expect(lease.epoch == attempt.lease.epoch + 1)
        // It never goes back.
        _ = try await test.catalog.raiseEpochs(to: 2)
        #expect(try await EpochFence(try await restored.deployment(), dryRun: false).run().lastEpoch == lease.epoch)
        let next = try #require(try await test.catalog.acquire(shard, holder: "a", timeToLive: .milliseconds(-1)))
        #expect(next.epoch == lease.epoch + 1)
    }

    @Test("a fence that could not open every container says so", arguments: Database.allCases)
    func incompleteFence(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(2)
        try await site.pack(countMax: 1)
        let second = try await site.pack()
        let store = StepwiseStore(site.store, .error(FaultTests.errors[1]), at: 4)
        let report = try await EpochFence(try await site.deployment(store), dryRun: false).run()
        #expect(report.status == .unavailable && report.unread.count == 1)
        try await site.spoil(second.key, at: second.bytes.count - 1)
        #expect(try await EpochFence(try await site.deployment(), dryRun: false).run().status == .partial)
    }
}
