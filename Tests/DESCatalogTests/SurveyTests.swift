import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// What waits, and what was left behind.
@Suite struct SurveyTests {
    @Test(arguments: Database.allCases)
    func whatWaitsIsCountedWhereNobodyWorks(database: Database) async throws {
        let test = try await database.catalog()
        var random = SeededGenerator(seed: 1)
        var names = TestNames()
        try await test.enqueue(30)
        for shard in [3, 3, 5] {
            names.shard = shard
            try await test.mark(10, &names)
        }
        let order = SurveyOrder(countMax: 15, largeByteCountMin: 25, placeCountMax: 10)
        let survey = try await test.catalog.survey(order)
        let counts = survey.waiting.map { [$0.place.shard.number, $0.count, $0.byteCount, $0.largeCount] }
        // Of shard 3 the first 15 are counted; the bytes are those of what is not large.
        var expected: [[Int]] = []
        for shard in [3, 5] {
            let sizes = try await test.run("SELECT size FROM des_queue WHERE shard = \(shard) ORDER BY id LIMIT 15")
                .map { Int($0[0] ?? "") ?? 0 }
            let small = sizes.filter { $0 < 25 }
            expected.append([shard, sizes.count, small.reduce(0, +), sizes.count - small.count])
        }
        #expect(counts == expected && expected.map { $0[1] } == [15, 10])
        #expect(survey.waiting.allSatisfy { $0.oldestAge >= $0.newestAge } && survey.last == nil)
        #expect(survey.abandonedShards.isEmpty && survey.nextExpiry == nil)

        // One place after the other.
        var one = order
        one.placeCountMax = 1
        let first = try await test.catalog.survey(one)
        #expect(first.waiting.map(\.place.shard.number) == [3])
        one.after = first.last
        let second = try await test.catalog.survey(one)
        #expect(second.waiting.map(\.place.shard.number) == [5])

        // A shard that is held is nobody else's business; what its holder leaves is.
        let shard = try #require(ShardID(3))
        let lease = try #require(try await test.catalog.acquire(shard, holder: "a", timeToLive: .seconds(100)))
        let id = ContainerID(milliseconds: 1, using: &random)
        let claim = ClaimOrder(container: id, key: "k.des", day: TestNames.day, countMax: 4, byteCountMax: 1_000)
        #expect(try await test.catalog.claim(lease, claim).count == 4)
        let held = try await test.catalog.survey(order)
        #expect(held.waiting.map(\.place.shard.number) == [5])
        #expect(held.nextExpiry ?? .zero > .seconds(50))
        #expect(try await test.catalog.renew(lease, timeToLive: .milliseconds(-1)))
        let left = try await test.catalog.survey(order)
        #expect(left.abandonedShards == [shard] && left.waiting.map(\.place.shard.number) == [3, 5])
    }

    /// Rows that could not be packed rest, fail or wait, each with its reason.
    @Test(arguments: Database.allCases)
    func rowsLeaveTheirClaim(database: Database) async throws {
        let test = try await database.catalog()
        var random = SeededGenerator(seed: 1)
        var names = TestNames()
        names.shard = 0
        try await test.enqueue(4)
        try await test.mark(4, &names)
        let shard = try #require(ShardID(0))
        let lease = try #require(try await test.catalog.acquire(shard, holder: "a", timeToLive: .seconds(100)))
        let id = ContainerID(milliseconds: 1, using: &random)
        let order = ClaimOrder(container: id, key: "k.des", day: TestNames.day, countMax: 10, byteCountMax: 1_000)
        let rows = try await test.catalog.claim(lease, order)
        try await test.catalog.uploaded(id, byteCount: 1, lease)
        let others = [
            UnpackedRow(rowID: rows[0].id, .waits(size: 77)),
            UnpackedRow(rowID: rows[1].id, .repeated(reason: "it's \"gone\"", after: .seconds(1_000))),
            UnpackedRow(rowID: rows[2].id, .failed(reason: "no \\ more")),
        ]
        let entry = PackedEntry(rowID: rows[3].id, name: rows[3].name, offset: 16, byteCount: 4, flags: 0, crc: 1)
        try await test.catalog.commit(id, [entry], others: others, lease)
        let found = try await test.run("SELECT status, size, attempts, last_error FROM des_queue ORDER BY id")
        #expect(
            found == [
                ["marked", "77", "0", nil], ["marked", "2", "1", "it's \"gone\""], ["failed", "3", "1", "no \\ more"],
            ])
        #expect(try await test.catalog.deadLetters(limit: 5).map(\.stage) == ["pack"])
        // What rests is not claimed; what waits is.
        var next = order
        next.container = ContainerID(milliseconds: 2, using: &random)
        #expect(try await test.catalog.claim(lease, next).map(\.id) == [rows[0].id])
        // An operator's retry has it packed under its name.
        #expect(try await test.catalog.retryDeadLetters(nil).count == 1)
        let again = try await test.run("SELECT status, name FROM des_queue WHERE id = \(rows[2].id)")
        #expect(again == [["marked", rows[2].name]])
    }
}
