import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// Whole days that go, first out of the catalog, then out of the store.
@Suite struct RetentionTests {
    private static let old = Duration.seconds(400 * 86_400)

    /// An old day with containers of all kinds, and one that is young.
    private func site(_ database: Database) async throws -> (site: Site, today: CalendarDay) {
        let site = try await Site(database)
        let now = try await site.test.catalog.identity().now
        let today = try #require(CalendarDay(milliseconds: now))
        try await site.queue(5)
        try await site.abandon()
        try await site.pack(countMax: 3, outside: true)
        let last = try await site.pack()
        for format in [ContainerKey.ManifestFormat.jsonLines, .parquet] {
            let manifest = try #require(ContainerKey(last.key)?.manifestKey(format))
            _ = try await site.store.put(manifest, [1], .create)
        }
        try await site.queue(2, day: today)
        try await site.pack(day: today)
        return (site, today)
    }

    private func remove(_ plan: RetentionPlan, _ site: Site, _ store: (any ObjectStore)? = nil) async throws
        -> [Repairer.Outcome]
    {
        let removal = DayRemoval(try await site.deployment(store))
        var outcomes: [Repairer.Outcome] = []
        for day in plan.days { outcomes.append(try await removal.remove(day)) }
        return outcomes
    }

    @Test(
        "a day goes with its files, containers, bodies and manifests, and nothing else does",
        arguments: Database.allCases)
    func whole(database: Database) async throws {
        let (site, today) = try await site(database)
        let plan = try await RetentionPlan(try await site.deployment(), olderThan: RetentionTests.old)
        #expect(plan.days.map(\.day) == [Site.day] && plan.left.isEmpty)
        #expect(plan.days[0].fileCount == 5 && plan.days[0].containers.count == 3)
        let all = try await site.keys()
        #expect(all.count == 8, "planning deletes nothing: \(all)")
        let text = plan.json(of: try await site.deployment()).text
        let read = try RetentionPlan(
            parsing: Array(text.utf8), for: try await site.deployment(), maxAge: .seconds(60))
        #expect(
            read.days.map(\.day) == plan.days.map(\.day)
                && read.days[0].containers.map(\.key) == plan.days[0].containers.map(\.key))
        #expect(try await remove(read, site) == [.done])
        #expect(try await site.keys().allSatisfy { $0 == site.recordKey || $0.contains("/\(today)/") })
        #expect(try await site.keys().count == 2)
        #expect(try await site.test.value("SELECT count(*) FROM des_files") == "2")
        #expect(try await site.test.value("SELECT count(*) FROM des_containers") == "1")
        #expect(try await site.plan(readsData: true).status == .done)
        #expect(try await remove(read, site) == [.done])
        #expect(try await RetentionPlan(try await site.deployment(), olderThan: RetentionTests.old).days.isEmpty)
    }

    @Test("a day counts from its end", arguments: Database.allCases)
    func boundary(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(1)
        try await site.pack()
        let now = try await site.test.catalog.identity().now
        let age = Duration.milliseconds(now - Site.day.milliseconds.upperBound)
        func count(_ age: Duration) async throws -> Int {
            try await RetentionPlan(try await site.deployment(), olderThan: age).days.count
        }
        // Time goes on while this runs, so the day gets older, and never younger.
        #expect(try await count(age) == 1)
        #expect(try await count(age + .seconds(3_600)) == 0)
    }

    /// Would fail if objects went before the rows, or a second run did not go on.
    @Test(
        "killed at any request, no row points to an object that is gone, and the same plan goes on",
        arguments: Database.allCases)
    func killed(database: Database) async throws {
        var place = 0
        while true {
            let (site, _) = try await site(database)
            let plan = try await RetentionPlan(try await site.deployment(), olderThan: RetentionTests.old)
            var isKilled = false
            do {
                _ = try await remove(plan, site, StepwiseStore(site.store, .death, at: place))
            } catch is StepwiseStore.Death {
                isKilled = true
            }
            let between = try await site.plan(readsData: true)
            #expect(between.status == .done || between.status == .partial, "request \(place): \(between.summary)")
            let after =
                place % 2 == 0
                ? plan : try await RetentionPlan(try await site.deployment(), olderThan: RetentionTests.old)
            #expect(try await remove(after, site).allSatisfy { $0 == .done })
            #expect(try await site.keys().count == 2, "request \(place)")
            #expect(try await site.test.value("SELECT count(*) FROM des_containers") == "1")
            guard isKilled else { break }
            place += database == .sqlite ? 1 : 3
        }
        #expect(place > 8)
    }

    @Test("a request that fails ends the day as one to be tried again", arguments: Database.allCases)
    func failing(database: Database) async throws {
        let (site, _) = try await site(database)
        let plan = try await RetentionPlan(try await site.deployment(), olderThan: RetentionTests.old)
        let outcomes = try await remove(plan, site, StepwiseStore(site.store, .error(FaultTests.errors[2]), at: 3))
        #expect(outcomes.count == 1 && outcomes[0].status == .unavailable)
        #expect(try await remove(plan, site) == [.done])
        #expect(try await site.keys().count == 2)
    }

    @Test(
        "a day of which something is on its way stays, also if that came after the plan", arguments: Database.allCases)
    func onItsWay(database: Database) async throws {
        let (site, _) = try await site(database)
        let plan = try await RetentionPlan(try await site.deployment(), olderThan: RetentionTests.old)
        let before = try await site.keys()
        try await site.queue(2)
        func isRefused() async throws -> Bool {
            let outcomes = try await remove(plan, site)
            guard case .skipped = outcomes.first else { return false }
            return try await site.keys().filter { before.contains($0) } == before
        }
        #expect(try await isRefused())
        #expect(try await RetentionPlan(try await site.deployment(), olderThan: RetentionTests.old).left.count == 1)
        let attempt = try await site.begin()
        #expect(try await isRefused())
        try await site.put(attempt)
        try await site.commit(attempt)
        #expect(try await isRefused())
        #expect(try await site.test.value("SELECT count(*) FROM des_files") == "9")
        let later = try await RetentionPlan(try await site.deployment(), olderThan: RetentionTests.old)
        #expect(later.days.map(\.fileCount) == [7])
        #expect(try await remove(later, site) == [.done])
    }
}
