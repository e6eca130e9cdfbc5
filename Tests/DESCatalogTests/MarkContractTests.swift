import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// What marking is, in either database.
@Suite struct MarkContractTests {
    @Test(arguments: Database.allCases)
    func eachRowGetsANameOfItsOwnInTheOrderOfTheQueue(database: Database) async throws {
        let test = try await database.catalog()
        try await test.enqueue(25)
        var (names, cursor, given) = (TestNames(), MarkCursor?.none, [String]())
        for (wanted, taken) in [(10, 10), (10, 10), (10, 5), (10, 0)] {
            let batch = names.next(wanted)
            let done = try await test.catalog.mark(batch, after: cursor, .atOnce)
            #expect(done.takenCount == taken && done.markedCount == taken)
            given += batch.names.prefix(taken)
            cursor = done.cursor ?? cursor
        }
        let rows = try await test.run("SELECT name, shard, CAST(day AS text) FROM des_queue ORDER BY id")
        #expect(rows.map { $0[0] } == given)
        for row in rows {
            #expect(row[1] == "\(ShardID(of: row[0] ?? "", bits: .standard).number)" && row[2] == "2026-01-31")
        }
    }

    @Test(arguments: Database.allCases)
    func rowsYoungerThanTheMinimumAgeAreLeftAlone(database: Database) async throws {
        let test = try await database.catalog()
        let now = Timestamp.now
        let ages = [7_200, 3_700, 1_800, 0]
        let files = ages.map { age in
            NewFile(source: "\(age)", createdAt: Timestamp(seconds: now.seconds - age, nanoseconds: 0))
        }
        _ = try await test.catalog.enqueue(files, from: "test", ImportProgress(position: "", rowCount: 4))
        var (names, order) = (TestNames(), MarkOrder.atOnce)
        order.minimumAge = .seconds(3_600)
        let backlog = try await test.catalog.backlog(order)
        #expect(backlog.count == 2 && backlog.oldestAge >= .seconds(7_200) && backlog.oldestAge < .seconds(7_500))
        #expect(try await test.mark(10, &names, order).markedCount == 2)
        let left = try await test.run("SELECT source FROM des_queue WHERE status = 'new' ORDER BY created_at")
        #expect(left.map { $0[0] } == ["1800", "0"])
    }

    /// Poison: the rest of the batch goes on; the row rests after each attempt, and dies once, with the reason.
    @Test(arguments: Database.allCases)
    func whatCannotBeMarkedIsTriedAgainAndThenGivenUp(database: Database) async throws {
        let test = try await database.catalog()
        let bad = [
            NewFile(source: String(repeating: "k", count: 2_049)), NewFile(source: ""),
            NewFile(source: "array", meta: "[1]"),
            NewFile(source: "large", meta: "{\"a\": \"\(String(repeating: "a", count: 1 << 20))\"}"),
            NewFile(source: "size", size: -1),
        ]
        let good = [
            NewFile(source: String(repeating: "k", count: 2_048)), NewFile(source: "object", meta: "{\"a\": 1}"),
        ]
        _ = try await test.catalog.enqueue(good + bad, from: "test", ImportProgress(position: "", rowCount: 7))
        var (names, order) = (TestNames(), MarkOrder.atOnce)
        (order.retriesMax, order.backoffBase) = (2, 3_600)
        for attempt in 1...3 {
            let done = try await test.mark(10, &names, order)
            #expect(done.markedCount == (attempt == 1 ? 2 : 0))
            #expect(done.postponedCount == (attempt < 3 ? 5 : 0) && done.refusedCount == (attempt < 3 ? 0 : 5))
            // Not due yet: after the first attempt they rest for a second, after the second for an hour.
            if attempt == 2 { #expect(try await test.mark(10, &names, order).takenCount == 0) }
            try await test.run("UPDATE des_queue SET next_attempt_at = created_at WHERE status = 'new'")
        }
        #expect(try await test.mark(10, &names, order).takenCount == 0)
        let letters = try await test.catalog.deadLetters(limit: 10)
        #expect(letters.count == 5 && letters.allSatisfy { $0.attempts == 3 && $0.stage == "mark" })
        let reasons = Dictionary(uniqueKeysWithValues: letters.map { ($0.source ?? "", $0.reason) })
        #expect(reasons[""] == "the key is empty")
        #expect(reasons["array"] == "the metadata is no object of JSON: array")
        #expect(reasons["large"] == "the metadata has 1048585 bytes, more than 1048576")
        #expect(reasons["size"] == "the size is negative")
        #expect(reasons[String(repeating: "k", count: 2_049)] == "the source has 2049 bytes, more than 2048")
        #expect(try await test.value("SELECT count(*) FROM des_queue WHERE status = 'failed'") == "5")
    }

    @Test(arguments: Database.allCases)
    func deadLettersAreTriedAgainOrForgotten(database: Database) async throws {
        let test = try await database.catalog()
        _ = try await test.catalog.enqueue(
            [NewFile(source: "a", size: -1), NewFile(source: "b", size: -1), NewFile(source: "c", size: -1)],
            from: "test", ImportProgress(position: "", rowCount: 3))
        var (names, order) = (TestNames(), MarkOrder.atOnce)
        order.retriesMax = 0
        #expect(try await test.mark(10, &names, order).refusedCount == 3)
        // What failed is not queued a second time.
        let again = try await test.catalog.enqueue(
            [NewFile(source: "a")], from: "test", ImportProgress(position: "", rowCount: 1))
        #expect(again == 0)
        let ids = try await test.catalog.deadLetters(limit: 10).sorted { $0.source ?? "" < $1.source ?? "" }.map(\.id)
        #expect(try await test.catalog.dropDeadLetters([ids[1], 999_999]) == [ids[1]])
        #expect(try await test.catalog.retryDeadLetters([ids[0]]) == [ids[0]])
        #expect(
            try await test.run("SELECT source, status FROM des_queue ORDER BY id") == [["a", "new"], ["c", "failed"]])
        try await test.run("UPDATE des_queue SET size = 1")
        #expect(try await test.mark(10, &names, order).markedCount == 1)
        #expect(try await test.catalog.retryDeadLetters(nil) == [ids[2]])
        #expect(try await test.mark(10, &names, order).markedCount == 1)
        #expect(try await test.catalog.deadLetters(limit: 10).isEmpty)
    }

    /// PostgreSQL undoes the batch and says that a row is to blame; alone it is refused. SQLite refuses it within the batch.
    @Test(arguments: Database.allCases)
    func aRowThatTheDatabaseRefusesIsRefusedAlone(database: Database) async throws {
        let test = try await database.catalog()
        try await test.enqueue(3)
        try await test.run(
            database == .postgres
                ? "ALTER TABLE des_queue ADD CONSTRAINT \"it's\" CHECK (size <> 2 OR status <> 'marked')"
                : """
                CREATE TRIGGER refuse BEFORE UPDATE ON des_queue WHEN new.size = 2 AND new.status = 'marked'
                BEGIN SELECT RAISE(ABORT, 'it''s refused'); END
                """)
        var (names, order) = (TestNames(), MarkOrder.atOnce)
        order.retriesMax = 0
        if database == .postgres {
            await #expect { try await test.mark(3, &names, order) } throws: { ($0 as? DatabaseError)?.kind == .row }
        }
        let one = try await test.catalog.markAlone(names.next(1), after: nil, order)
        #expect(one.takenCount == 1 && one.markedCount == 1)
        let two = try await test.catalog.markAlone(names.next(1), after: one.cursor, order)
        #expect(two.takenCount == 1 && two.markedCount == 0 && two.refusedCount == 1)
        let three = try await test.mark(3, &names, after: two.cursor, order)
        #expect(three.markedCount == 1)
        #expect(try await test.catalog.deadLetters(limit: 2).map { $0.reason.contains("it's") } == [true])
        let rows = try await test.run("SELECT source, status FROM des_queue ORDER BY id")
        #expect(rows == [["file-1", "marked"], ["file-2", "failed"], ["file-3", "marked"]])
    }

    /// Without dead letters the row is failed all the same.
    @Test(arguments: Database.allCases)
    func deadLettersCanBeSwitchedOff(database: Database) async throws {
        let test = try await database.catalog()
        _ = try await test.catalog.enqueue(
            [NewFile(source: "a", size: -1)], from: "test", ImportProgress(position: "", rowCount: 1))
        var (names, order) = (TestNames(), MarkOrder.atOnce)
        (order.retriesMax, order.keepsDeadLetters) = (0, false)
        #expect(try await test.mark(10, &names, order).refusedCount == 1)
        #expect(try await test.catalog.deadLetters(limit: 1).isEmpty)
        #expect(try await test.value("SELECT status FROM des_queue") == "failed")
    }
}
