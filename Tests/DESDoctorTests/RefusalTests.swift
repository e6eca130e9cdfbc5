import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// Nothing is deleted if what is left cannot be read.
@Suite struct RefusalTests {
    private func site(_ database: Database) async throws -> (site: Site, stale: Site.Attempt, kept: Site.Attempt) {
        let site = try await Site(database)
        try await site.queue(3)
        let stale = try await site.abandon()
        return (site, stale, try await site.pack(outside: true))
    }

    /// Each way in which the other copy can be of no use.
    private func damages(
        _ site: Site, _ kept: Site.Attempt
    ) throws -> [(what: String, harm: () async throws -> Void, heal: () async throws -> Void)] {
        let tail = Array(kept.bytes.suffix(Limits.tailReadByteCount))
        let layout = try ContainerLayout(tail: tail.span.bytes, byteCount: kept.bytes.count)
        let put: () async throws -> Void = {
            _ = try await site.store.put(kept.key, kept.bytes, .overwrite)
            for (key, body) in kept.outside { _ = try await site.store.put(key, body, .overwrite) }
        }
        func sql(_ statement: String) -> () async throws -> Void { { try await site.test.run(statement) } }
        return [
            ("it is gone", { try await site.store.delete(kept.key) }, put),
            ("a body has rotted", { try await site.spoil(kept.key, at: 16) }, put),
            ("META has rotted", { try await site.spoil(kept.key, at: layout.meta.lowerBound + 3) }, put),
            ("the index has rotted", { try await site.spoil(kept.key, at: layout.index.lowerBound + 3) }, put),
            ("the tail has rotted", { try await site.spoil(kept.key, at: layout.tail.upperBound - 60) }, put),
            (
                "the end is missing",
                { _ = try await site.store.put(kept.key, Array(kept.bytes.dropLast()), .overwrite) }, put
            ),
            ("a body outside is gone", { for key in kept.outside.keys { try await site.store.delete(key) } }, put),
            ("a body outside has rotted", { for key in kept.outside.keys { try await site.spoil(key, at: 0) } }, put),
            (
                "it is not committed", sql("UPDATE des_containers SET state = 'abandoned' WHERE key = '\(kept.key)'"),
                sql("UPDATE des_containers SET state = 'committed' WHERE key = '\(kept.key)'")
            ),
            (
                "the catalog has a wrong place", sql("UPDATE des_files SET data_offset = data_offset + 1"),
                sql("UPDATE des_files SET data_offset = data_offset - 1")
            ),
        ]
    }

    @Test(
        "a copy that is damaged, missing or not committed is none: the plan keeps what there is",
        arguments: Database.allCases)
    func planning(database: Database) async throws {
        let (site, stale, kept) = try await site(database)
        for (what, harm, heal) in try damages(site, kept) {
            try await harm()
            let plan = try await site.plan()
            #expect(plan.steps.allSatisfy { $0.container.id != stale.id }, "\(what): \(plan.summary)")
            #expect(plan.findings.contains { $0.key == stale.key && $0.kind == .uncommitted }, "\(what)")
            try await heal()
        }
        #expect(try await site.plan().summary == ["uncommitted delete"])
    }

    @Test("the same when the plan is done: it is looked at once more", arguments: Database.allCases)
    func applying(database: Database) async throws {
        let (site, stale, kept) = try await site(database)
        let plan = try await site.plan()
        #expect(plan.summary == ["uncommitted delete"])
        for (what, harm, heal) in try damages(site, kept) {
            try await harm()
            let outcomes = try await site.apply(plan)
            guard case .skipped = outcomes.first else { Issue.record("\(what): \(outcomes)"); return }
            #expect(try await site.has(stale.key), "\(what)")
            try await heal()
        }
        #expect(try await site.apply(plan) == [.done])
        #expect(try await !site.has(stale.key))
    }

    @Test("an object that was replaced since the plan was made is not deleted", arguments: Database.allCases)
    func replaced(database: Database) async throws {
        let (site, stale, _) = try await site(database)
        let plan = try await site.plan()
        _ = try await site.store.put(stale.key, stale.bytes, .overwrite)
        #expect(try await site.apply(plan) == [.skipped("the object is another one now")])
        #expect(try await site.has(stale.key))
    }

    @Test("a container that was committed since is not deleted", arguments: Database.allCases)
    func committed(database: Database) async throws {
        let (site, stale, _) = try await site(database)
        let plan = try await site.plan()
        try await site.test.run("UPDATE des_containers SET state = 'committed' WHERE key = '\(stale.key)'")
        guard case .skipped = try await site.apply(plan)[0] else { Issue.record("it was deleted"); return }
        #expect(try await site.has(stale.key))
    }

    @Test("one that is damaged itself is not adopted", arguments: Database.allCases)
    func damagedOrphan(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(3)
        let attempt = try await site.abandon()
        let plan = try await site.plan()
        #expect(plan.summary == ["uncommitted adopt"])
        try await site.spoil(attempt.key, at: 16)
        let spoiled = try await site.plan()
        #expect(spoiled.summary == ["uncommitted -"] && spoiled.findings[0].detail.contains("damaged"))
        let before = try await site.everything()
        guard case .skipped = try await site.apply(plan)[0] else { Issue.record("it was adopted"); return }
        #expect(try await site.everything() == before)
    }
}
