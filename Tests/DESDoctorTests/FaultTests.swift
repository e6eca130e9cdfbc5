import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// Whatever fails at whatever moment: nothing is deleted because of it.
@Suite struct FaultTests {
    /// Errors that say nothing about an object.
    static let errors: [DESError] = {
        var server = DESError(.unavailable, "the store cannot answer now (status 500)")
        server.isTransient = true
        return [server, DESError(.unavailable, "no answer in time"), DESError(.denied, "access was denied")]
    }()

    /// A container that may be deleted, one that may be adopted, and committed ones.
    private func site(_ database: Database) async throws -> (site: Site, stale: Site.Attempt, waiting: Site.Attempt) {
        let site = try await Site(database)
        try await site.queue(3)
        let stale = try await site.abandon(outside: true)
        try await site.pack(countMax: 2)
        try await site.pack(outside: true)
        try await site.queue(2, shard: 1)
        let waiting = try await site.abandon(shard: 1)
        return (site, stale, waiting)
    }

    @Test(
        "a look of which any request fails says so, and proposes nothing for what it was about",
        arguments: Database.allCases)
    func examining(database: Database) async throws {
        let (site, _, _) = try await site(database)
        let counting = StepwiseStore(site.store)
        let whole = try await site.plan(counting, readsData: true)
        #expect(whole.summary == ["uncommitted adopt", "uncommitted delete"])
        let before = try await site.everything()
        #expect(counting.count > 20)
        for error in FaultTests.errors {
            for place in 0..<counting.count {
                let store = StepwiseStore(site.store, .error(error), at: place)
                var status = DESCore.ExitStatus.done
                do {
                    let plan = try await site.plan(store, readsData: true)
                    status = plan.status
                    #expect(plan.summary.contains("unknown -"), "\(error.code), request \(place): \(plan.summary)")
                    #expect(plan.steps.count < 2 || plan.summary.count == 3)
                } catch let error as DESError {
                    status = DESCore.ExitStatus(error)
                }
                #expect(status == .unavailable, "\(error.code), request \(place)")
                #expect(store.deleted.isEmpty)
            }
        }
        #expect(try await site.everything() == before)
    }

    /// Would fail if one wrong answer were taken for corruption, or for an object that is not there.
    @Test("one wrong answer, or a listing that breaks off, is never proof", arguments: Database.allCases)
    func wrongAnswers(database: Database) async throws {
        let (site, _, _) = try await site(database)
        let counting = StepwiseStore(site.store)
        let whole = try await site.plan(counting, readsData: true)
        for fault in [StepwiseStore.Fault.flip, .cut] {
            for place in 1..<counting.count {  // the record of the layout is the first
                let plan = try await site.plan(StepwiseStore(site.store, fault, at: place), readsData: true)
                #expect(plan.status != .corrupt, "request \(place): \(plan.summary)")
                // It may see less, and never more.
                #expect(Set(plan.steps).isSubset(of: whole.steps), "request \(place): \(plan.summary)")
            }
        }
    }

    @Test("an object that is reported missing while the store has lost everything is not known to be lost")
    func emptyMount() async throws {
        let (site, _, _) = try await site(.sqlite)
        // A directory whose disk is not mounted any more once the objects were listed.
        let (store, empty) = (site.store, MemoryStore())
        let gone = HookedStore(name: store.name) { operation, key in
            operation == .list || operation == .get && key == site.recordKey ? store : empty
        }
        let plan = try await site.plan(gone)
        #expect(plan.status == .unavailable && plan.summary.allSatisfy { $0 == "unknown -" }, "\(plan.summary)")
    }

    @Test("a deletion of which any request fails deletes nothing, and can be done again", arguments: Database.allCases)
    func applying(database: Database) async throws {
        let (site, stale, _) = try await site(database)
        var plan = try await site.plan()
        plan.findings = plan.findings.filter { $0.step?.action == .delete }
        for error in FaultTests.errors {
            var place = 0
            while true {
                let store = StepwiseStore(site.store, .error(error), at: place)
                let outcomes = try await site.apply(plan, store)
                guard store.count > place + 1 || outcomes != [.done] else { break }
                if outcomes == [.done] { break }
                guard case .failed = outcomes.first else {
                    Issue.record("\(error.code), request \(place): \(outcomes)")
                    return
                }
                #expect(outcomes.first?.status == .unavailable)
                #expect(try await site.has(stale.key), "\(error.code), request \(place)")
                place += 1
                guard place < 100 else { Issue.record("it does not end"); return }
            }
            #expect(place > 8)
            // Again for the next error.
            for (key, body) in stale.outside { _ = try? await site.store.put(key, body, .create) }
            _ = try? await site.store.put(stale.key, stale.bytes, .create)
            plan = try await site.plan()
            plan.findings = plan.findings.filter { $0.step?.action == .delete }
        }
    }

    @Test("killed at any request and done again, it comes to the same", arguments: Database.allCases)
    func killed(database: Database) async throws {
        var place = 0
        while true {
            let (site, stale, waiting) = try await site(database)
            let plan = try await site.plan()
            let store = StepwiseStore(site.store, .death, at: place)
            var isKilled = false
            do { _ = try await site.apply(plan, store) } catch is StepwiseStore.Death { isKilled = true }
            let outcomes = try await site.apply(plan)
            #expect(outcomes.allSatisfy { $0 == .done || $0 == .already }, "request \(place): \(outcomes)")
            let keys = try await site.keys()
            #expect(!keys.contains(stale.key) && !keys.contains { stale.outside.keys.contains($0) })
            #expect(try await site.test.catalog.state(of: waiting.id) == .committed)
            #expect(try await site.test.value("SELECT count(*) FROM des_queue") == "0")
            #expect(try await site.plan(readsData: true).status == .done, "request \(place)")
            guard isKilled else { break }
            place += database == .sqlite ? 1 : 4
        }
        #expect(place > 12)
    }
}
