import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// What the model of the queue cannot reach: transactions that overtake each other.
@Suite struct ShardLeaseTests {
    /// An epoch was drawn, and before it was stored a later one was, and ran out. The earlier one must not come after it.
    @Test(arguments: Database.allCases)
    func epochsNeverGoBack(database: Database) async throws {
        let test = try await database.catalog()
        let shard = try #require(ShardID(7))
        let first = try #require(
            try await test.catalog.acquire(shard, holder: "a", timeToLive: .milliseconds(-1)))
        try await test.run("UPDATE des_shard_leases SET epoch = epoch + 3")
        var leases: [ShardLease] = []
        for _ in 0..<5 {
            if let lease = try await test.catalog.acquire(shard, holder: "b", timeToLive: .milliseconds(-1)) {
                leases.append(lease)
            }
        }
        #expect(!leases.isEmpty && leases.allSatisfy { $0.epoch > first.epoch + 3 })
    }
}
