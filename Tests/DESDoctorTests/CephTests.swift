import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// The same on a production S3.
@Suite struct CephTests {
    private func bucket() async throws -> any ObjectStore {
        let ceph = try await CephServer.shared
        return RetryingStore(
            try await S3Store.connect(
                bucket: try await ceph.newBucket(),
                environment: Environment([
                    "AWS_ACCESS_KEY_ID": ceph.accessKey, "AWS_SECRET_ACCESS_KEY": ceph.secretKey,
                    "AWS_ENDPOINT_URL": ceph.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
                ])))
    }

    @Test("an object is adopted, one deleted, a lost one found, a day taken out, a catalog rebuilt")
    func everything() async throws {
        let site = try await Site(.postgres, store: try await bucket())
        try await site.queue(6)
        let stale = try await site.abandon(outside: true)
        try await site.pack(outside: true)
        try await site.queue(3, shard: 1)
        let waiting = try await site.abandon(shard: 1)
        // Objects are as old as the store says.
        #expect(try await site.plan().counts.young == 2)
        var options = Doctor.Options()
        options.grace = .zero
        let deployment = try await site.deployment()
        let plan = try await Doctor(deployment, options: options).examine()
        #expect(plan.summary == ["uncommitted adopt", "uncommitted delete"], "\(plan.findings)")
        #expect(try await site.apply(plan) == [.done, .done])
        #expect(try await !site.keys().contains { $0 == stale.key || stale.outside.keys.contains($0) })
        #expect(try await site.plan(readsData: true).status == .done)

        let test = try await Database.sqlite.empty()
        _ = try await test.catalog.migrate(site.layout, accepting: { _ in })
        let other = Site(site, test)
        #expect(try await Rebuilder(try await other.deployment(), dryRun: false).run().fileCount == 9)
        #expect(try await other.packed() == (try await site.packed()))

        try await site.store.delete(waiting.key)
        #expect(try await site.plan().summary == ["lost-object -"])
        let retention = try await RetentionPlan(try await site.deployment(), olderThan: .seconds(86_400))
        let removal = DayRemoval(try await site.deployment())
        for day in retention.days { #expect(try await removal.remove(day) == .done) }
        #expect(try await site.keys() == [site.recordKey])
    }
}
