import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// A plan is done where and as it was made, or not at all.
@Suite struct PlanDocumentTests {
    private func plan(_ site: Site) async throws -> (text: String, deployment: Deployment) {
        try await site.queue(2)
        try await site.abandon()
        let deployment = try await site.deployment()
        return (try await site.plan().json(of: deployment).text, deployment)
    }

    private func read(_ text: String, _ deployment: Deployment, maxAge: Duration = .seconds(60)) throws -> RepairPlan {
        try RepairPlan(parsing: Array(text.utf8), for: deployment, maxAge: maxAge)
    }

    @Test("it comes back as it was made, with other blanks too", arguments: Database.allCases)
    func roundTrip(database: Database) async throws {
        let site = try await Site(database)
        let (text, deployment) = try await plan(site)
        let read = try read(text, deployment)
        #expect(read.steps == (try await site.plan()).steps && read.steps.count == 1)
        let spread = text.replacing(",\"", with: " ,\n  \"").replacing("{", with: "{ ")
        #expect(try self.read(spread, deployment).steps == read.steps)
        #expect(try await site.apply(read) == [.done])
    }

    @Test("whatever is changed in it, it is refused")
    func edited() async throws {
        let site = try await Site(.sqlite)
        let (text, deployment) = try await plan(site)
        // Every digit, one after the other.
        let bytes = Array(text.utf8)
        var count = 0
        for place in bytes.indices where (0x30...0x38).contains(bytes[place]) {
            var edited = bytes
            edited[place] += 1
            do {
                _ = try read(String(decoding: edited, as: UTF8.self), deployment)
                Issue.record("taken with byte \(place) changed")
            } catch let error as DESError {
                #expect(error.code == .conflict || error.code == .invalidArgument)
            }
            count += 1
        }
        #expect(count > 50)
        for edited in [
            text.replacing("\"adopt\"", with: "\"delete\""), text.replacing("\"step\":{", with: "\"step\":{\"x\":1,"),
        ] {
            #expect(throws: DESError.self) { try read(edited, deployment) }
        }
        for none in ["", "{}", "[]", "{\"type\":\"des-doctor-plan\"}", String(text.dropLast())] {
            #expect(throws: DESError.self) { try read(none, deployment) }
        }
        #expect(throws: DESError.self, "of another kind") {
            try RetentionPlan(parsing: bytes, for: deployment, maxAge: .seconds(60))
        }
    }

    @Test("one of another store, another catalog or another layout is refused")
    func foreign() async throws {
        let site = try await Site(.sqlite)
        let (text, deployment) = try await plan(site)
        let elsewhere = MemoryStore("elsewhere")
        let others = [
            try await Deployment(store: elsewhere, catalog: site.test.catalog),
            try await Site(.postgres, store: MemoryStore()).deployment(),
            try await Site(.sqlite, store: MemoryStore(), keyPrefix: "other").deployment(),
        ]
        for other in others {
            #expect(throws: DESError.self) { try read(text, other) }
        }
        _ = try read(text, deployment)
    }

    @Test("one that is too old, or of the future, is refused", arguments: Database.allCases)
    func stale(database: Database) async throws {
        let site = try await Site(database)
        let (text, deployment) = try await plan(site)
        func later(_ milliseconds: Int) -> Deployment {
            Deployment(deployment, now: deployment.identity.now + milliseconds)
        }
        _ = try read(text, later(60_000))
        for milliseconds in [60_001, -1] {
            #expect { try read(text, later(milliseconds)) } throws: {
                ($0 as? DESError)?.code == .conflict
            }
        }
    }
}

extension Deployment {
    /// The same at another time.
    fileprivate init(_ other: Deployment, now: Int) {
        self.init(
            store: other.store, catalog: other.catalog, layout: other.layout,
            identity: CatalogIdentity(since: other.identity.since, now: now))
    }
}
