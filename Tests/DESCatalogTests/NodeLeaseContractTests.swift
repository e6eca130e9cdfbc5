import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// What a lease of a node id promises, in either database.
@Suite struct NodeLeaseContractTests {
    private func leases(
        _ test: TestCatalog, _ nodes: ClosedRange<UInt8> = 0...255, timeToLive: Duration = .seconds(1_000)
    ) -> any NodeLeases {
        test.catalog.nodeLeases(nodes, holder: "test", timeToLive: timeToLive)
    }

    @Test(arguments: Database.allCases)
    func nobodyGetsAnIDThatSomebodyHas(database: Database) async throws {
        let test = try await database.catalog()
        let ids = try await withThrowingTaskGroup(of: UInt8?.self) { group in
            for _ in 0..<12 { group.addTask { try await leases(test, 40...47).acquire()?.node } }
            return try await group.reduce(into: [UInt8?]()) { $0.append($1) }
        }
        #expect(Set(ids.compactMap { $0 }) == Set(40...47) && ids.count { $0 == nil } == 4)
    }

    @Test(arguments: Database.allCases)
    func theNextHolderBeginsAtTheCeiling(database: Database) async throws {
        let test = try await database.catalog()
        let first = try #require(try await leases(test, 7...7).acquire())
        #expect(first.floor == 0)
        try await first.raise(to: 5_000)
        try await first.raise(to: 4_000)  // a ceiling never comes down
        try await first.release(at: 4_500)
        let second = try #require(try await leases(test, 7...7, timeToLive: .milliseconds(-1)).acquire())
        #expect(second.floor == 4_500)
        try await second.raise(to: 9_000)
        // Its time is over, and nobody has taken it: it is still its own.
        try await second.raise(to: 9_500)
        let third = try #require(try await leases(test, 7...7).acquire())
        #expect(third.floor == 9_500)
        for lost in [first, second] {
            await #expect { try await lost.raise(to: 20_000) } throws: { ($0 as? DESError)?.code == .conflict }
            await #expect { try await lost.release(at: 20_000) } throws: { ($0 as? DESError)?.code == .conflict }
        }
        #expect(try await test.value("SELECT ceiling FROM des_node_leases WHERE node = 7") == "9500")
    }

    /// An id that a crash, or a clock that was ahead, has left with a ceiling in the future is given out last.
    @Test(arguments: Database.allCases)
    func idsWithHighCeilingsComeLast(database: Database) async throws {
        let test = try await database.catalog()
        try await test.run("UPDATE des_node_leases SET ceiling = 86400000 WHERE node = 1")
        let all = leases(test, 1...3)
        var nodes: [UInt8] = []
        while let lease = try await all.acquire() { nodes.append(lease.node) }
        #expect(nodes == [2, 3, 1])
    }

    @Test(arguments: Database.allCases)
    func theClockIsThatOfTheDatabase(database: Database) async throws {
        let offset = try await database.catalog().catalog.clockOffset()
        let clock = NameClock.system
        #expect(abs(offset + clock.steady() - clock.wall()) < 60_000)
    }
}
