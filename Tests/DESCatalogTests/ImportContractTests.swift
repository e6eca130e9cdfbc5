import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// A file is queued once, whatever is imported how often.
@Suite struct ImportContractTests {
    @Test(arguments: Database.allCases)
    func valuesArriveAsTheyAre(database: Database) async throws {
        let test = try await database.catalog()
        let odd = "tab\tline\nreturn\rback\\slash \\N \"quoted\" é 🙂 \u{1}"
        let created = try #require(Timestamp("2026-01-31T09:05:00.123Z"))
        let files = [
            NewFile(source: odd, sourceID: "\\.", size: Int.max, createdAt: created, meta: "{\"key\": \"a\\\\nb\"}"),
            NewFile(source: "plain"),
        ]
        let count = try await test.catalog.enqueue(files, from: "input", ImportProgress(position: "7", rowCount: 2))
        #expect(count == 2)
        let time = test.dialect.milliseconds("created_at")
        let rows = try await test.run(
            "SELECT source, source_id, size, \(time), CAST(meta AS text), status FROM des_queue ORDER BY id")
        #expect(
            rows[0] == [odd, "\\.", "\(Int.max)", "1769850300123", "{\"key\": \"a\\\\nb\"}", "new"])
        #expect(rows[1][0] == "plain" && rows[1][1] == nil && rows[1][2] == nil && rows[1][4] == nil)
        #expect(try await test.catalog.progress(of: "input") == ImportProgress(position: "7", rowCount: 2))
        #expect(try await test.catalog.progress(of: "other") == nil)
        try await test.catalog.endImport(of: "input")
        #expect(try await test.catalog.progress(of: "input") == nil)
    }

    @Test(arguments: Database.allCases)
    func whatIsKnownIsNotQueuedAgain(database: Database) async throws {
        let test = try await database.catalog()
        let progress = ImportProgress(position: "", rowCount: 0)
        let files = [
            NewFile(source: "a"), NewFile(source: "b", sourceID: "1"), NewFile(source: "a"),
            NewFile(source: "other place", sourceID: "1"), NewFile(source: "b"),
        ]
        #expect(try await test.catalog.enqueue(files, from: "x", progress) == 3)
        #expect(try await test.catalog.enqueue(files, from: "x", progress) == 0)
        // Packed, and gone from the queue: known all the same.
        try await test.pack()
        #expect(try await test.value("SELECT count(*) FROM des_queue") == "0")
        #expect(try await test.catalog.enqueue(files + [NewFile(source: "c")], from: "x", progress) == 1)
        #expect(try await test.run("SELECT source FROM des_queue") == [["c"]])
    }

    /// The row leaves the queue for the files while the import waits for it: it must not be queued a second time.
    @Test func aCommitInBetweenIsSeen() async throws {
        let server = try await PostgresServer.shared
        let database = try await server.createDatabase()
        let test = TestCatalog(postgres: server.url(database: database))
        _ = try await test.catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept)
        try await test.enqueue(1, prefix: "contested")
        try await test.run("SELECT des_add_day('2026-01-31'::date)")
        // What a packer does in its transaction, held open until the import waits for it.
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database)' AND wait_event_type = 'Lock'"
        let packing = Task {
            try await test.catalog.pool.transaction { session in
                try session.run("DELETE FROM des_queue")
                try session.run(
                    """
                    INSERT INTO des_files (day, name, source, container_id, data_offset, byte_count, flags, crc)
                    VALUES ('2026-01-31', 'n', 'contested-1', '00000000-0000-7000-8000-000000000000', 0, 1, 0, 0)
                    """)
                // Its own snapshot of the statistics, until the end of the transaction, unless it is told to look again.
                while try session.run(waits).text(0, 0) == "0" { try session.run("SELECT pg_stat_clear_snapshot()") }
            }
        }
        try await test.waitForDelete()
        let count = try await test.catalog.enqueue(
            [NewFile(source: "contested-1")], from: "x", ImportProgress(position: "", rowCount: 1))
        try await packing.value
        #expect(count == 0)
        #expect(try await test.value("SELECT count(*) FROM des_queue") == "0")
    }

    /// Rows that a producer queued himself are his: an import neither takes them back nor counts them.
    @Test func rowsOfProducersAreLeftAlone() async throws {
        let test = try await Database.postgres.catalog()
        try await test.enqueue(1, prefix: "again")
        try await test.pack()
        try await test.run("INSERT INTO des_queue (source) VALUES ('again-1')")
        let count = try await test.catalog.enqueue(
            [NewFile(source: "again-1"), NewFile(source: "new")], from: "x", ImportProgress(position: "", rowCount: 2))
        #expect(count == 1)
        #expect(try await test.run("SELECT source FROM des_queue ORDER BY id") == [["again-1"], ["new"]])
    }

    @Test(arguments: Database.allCases)
    func statusAndFindKnowEverything(database: Database) async throws {
        let test = try await database.catalog()
        try await test.enqueue(3)
        var names = TestNames()
        try await test.mark(2, &names)
        try await test.pack()
        try await test.enqueue(2, prefix: "more")
        try await test.mark(1, &names)
        let status = try await test.catalog.status()
        let counts = status.counts.map { "\($0.status) \($0.day ?? "-") \($0.count) \($0.byteCount)" }
        #expect(counts == ["new - 2 3", "marked 2026-01-31 1 3", "packed 2026-01-31 2 100"])
        #expect(status.containers == ["committed": 1] && status.deadLetterCount == 0)
        #expect(Set(status.oldestAges.keys) == ["new", "marked"])
        let packed = try #require(try await test.catalog.find("file-1").first)
        #expect(packed.status == "packed" && packed.key == "packed.des" && packed.offset == 64 && packed.byteCount == 1)
        #expect(try await test.catalog.find(packed.name ?? "") == [packed])
        #expect(try await test.catalog.find("file-3").map(\.status) == ["marked"])
        #expect(try await test.catalog.find("nowhere").isEmpty)
        _ = try await test.catalog.enqueue(
            [NewFile(source: "s3://b/known", sourceID: "id")], from: "x", ImportProgress(position: "", rowCount: 1))
        #expect(try await test.catalog.find("id").map(\.source) == ["s3://b/known"])
        #expect(try await test.catalog.find("s3://b/known").map(\.source) == ["s3://b/known"])
    }

    @Test func daysAreDetachedAndTheirFilesStay() async throws {
        let test = try await Database.postgres.catalog()
        for (source, day) in [("old", "2026-01-30"), ("new", "2026-01-31")] {
            try await test.enqueue(1, prefix: source)
            var names = TestNames()
            names.day = CalendarDay(day)
            try await test.mark(1, &names)
            try await test.pack(day: day)
        }
        let limit = try #require(CalendarDay("2026-01-31"))
        #expect(try await test.catalog.detachDays(before: limit, dryRun: true) == ["des_files_20260130"])
        #expect(try await test.value("SELECT count(*) FROM des_files") == "2")
        #expect(try await test.catalog.detachDays(before: limit, dryRun: false) == ["des_files_20260130"])
        #expect(try await test.run("SELECT source FROM des_files") == [["new-1"]])
        #expect(try await test.run("SELECT source FROM des_files_20260130") == [["old-1"]])
        // Nothing more is committed to a day that was taken out; one with open rows is not taken out.
        try await test.enqueue(1, prefix: "late")
        var names = TestNames()
        names.day = CalendarDay("2026-01-30")
        try await test.mark(1, &names)
        await #expect { try await test.pack(day: "2026-01-30") } throws: {
            ($0 as? DatabaseError)?.kind == .setup && "\($0)".contains("was detached")
        }
        try await test.run("UPDATE des_queue SET day = '2026-01-31'")
        #expect(
            try await test.catalog.detachDays(before: try #require(CalendarDay("2026-02-01")), dryRun: true).isEmpty)
    }
}

extension TestCatalog {
    /// Waits until another session holds a lock on a row of the queue.
    func waitForDelete() async throws {
        while try await run("SELECT id FROM des_queue FOR UPDATE SKIP LOCKED").isEmpty == false { await Task.yield() }
    }

    /// Puts everything that is marked, or new, into one container.
    func pack(day: String = "2026-01-31") async throws {
        try await run(
            """
            UPDATE des_queue SET status = 'marked', name = 'name-' || id, shard = 1, day = '\(day)' WHERE status = 'new'
                AND NOT EXISTS (SELECT 1 FROM des_queue WHERE status = 'marked')
            """)
        try await run("UPDATE des_queue SET shard = 1 WHERE status = 'marked'")
        var generator = SystemRandomNumberGenerator()
        let id = ContainerID(milliseconds: 1, using: &generator)
        guard let shard = ShardID(1), let day = CalendarDay(day),
            let lease = try await catalog.acquire(shard, holder: "test", timeToLive: .seconds(60))
        else { throw CatalogError.leaseLost }
        let order = ClaimOrder(container: id, key: "packed.des", day: day, countMax: 1_000, byteCountMax: 1 << 40)
        let rows = try await catalog.claim(lease, order)
        try await catalog.uploaded(id, byteCount: 100, lease)
        try await catalog.commit(
            id,
            rows.map {
                PackedEntry(rowID: $0.id, name: $0.name, offset: 64, byteCount: $0.size ?? 0, flags: 0, crc: 1)
            }, others: [], lease)
        try await catalog.release(lease)
    }
}
