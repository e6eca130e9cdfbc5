import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// What is asked often stays on its index, with a million rows waiting and ten million packed.
@Suite struct QueryPlanTests {
    /// Would fail if a condition or an order did not fit the partial index, if the planner preferred to sort, also without
    /// statistics or with a plan for any values, or if what was packed were looked at.
    @Test func claimsStayOnTheirIndex() async throws {
        let server = try await PostgresServer(settings: ["autovacuum": "off", "max_wal_size": "4GB"])
        defer { server.stop() }
        let test = TestCatalog(postgres: server.url(database: try await server.createDatabase()), connectionsMax: 1)
        _ = try await test.catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept)
        try await test.run(
            """
            INSERT INTO des_queue (source, created_at)
            SELECT 's3://bucket/' || n, now() - interval '1 day' + n * interval '1 millisecond'
            FROM generate_series(1, 1000000) AS n
            """)
        for day in 1...5 {
            try await test.run("SELECT des_add_day('2026-01-0\(day)'::date)")
            try await test.run(
                """
                INSERT INTO des_files (day, name, source, container_id, data_offset, byte_count, flags, crc)
                SELECT '2026-01-0\(day)'::date, 'DES_2026010\(day)_' || n, 's3://packed/\(day)/' || n,
                    '00000000-0000-7000-8000-000000000000', n, 1, 0, 0 FROM generate_series(1, 2000000) AS n
                """)
        }
        #expect(try await test.value("SELECT count(*) FROM des_files") == "10000000")
        // Without statistics of the queue, and then with them.
        try await expectIndexes(test, "fresh")
        try await test.run("ANALYZE")
        try await expectIndexes(test, "analyzed")
        try await expectClaimOnIndex(test)
    }

    private func expectIndexes(_ test: TestCatalog, _ label: String) async throws {
        var names = TestNames()
        let batch = names.next(1_000)
        let columns = [
            "'0'", "'1000'", Self.literal(PostgresArray(batch.names)), Self.literal(PostgresArray(batch.shards)),
            Self.literal(PostgresArray(batch.days)),
        ]
        let cursor = try #require(
            try await test.run("SELECT created_at, id FROM des_queue ORDER BY created_at, id OFFSET 500000 LIMIT 1")
                .first)
        for (name, values) in [("first", columns), ("next", columns + cursor.map { "'\($0 ?? "")'" })] {
            let statement = MarkStatement(nil, name == "next" ? .after(MarkCursor(time: "", id: "")) : nil).sql
            // After five times the planner may take one plan for all values.
            let plans = try await test.plans(
                "PREPARE \(label)_\(name) AS \(statement)", "\(label)_\(name)(\(values.joined(separator: ", ")))")
            for plan in plans {
                #expect(plan.contains("Index Scan using des_queue_new on des_queue"), "\(plan)")
                #expect(!plan.contains("Seq Scan on des_queue") && !plan.contains("des_files"), "\(plan)")
            }
            // What it touches is what it changes: some pages for each row, not for each that waits.
            #expect(try #require(plans.last?.bufferCount) < 60_000)
        }
    }

    private func expectClaimOnIndex(_ test: TestCatalog) async throws {
        try await test.run(
            """
            UPDATE des_queue SET status = 'marked', name = 'n' || id, shard = id % 256, day = '2026-01-31' WHERE id <= 200000
            """)
        try await test.run("ANALYZE des_queue")
        let values = "'00000000-0000-7000-8000-000000000000', 1, 7, '2026-01-31', 500, 1000000, 0, 16777216"
        for plan in try await test.plans("PREPARE claim AS \(Dialect.postgres.claim)", "claim(\(values))") {
            #expect(plan.contains("Index Scan using des_queue_marked on des_queue"), "\(plan)")
            #expect(plan.contains("Index Scan using des_queue_pkey on des_queue"), "\(plan)")
            #expect(!plan.contains("Seq Scan on des_queue"), "\(plan)")
            #expect(try #require(plan.bufferCount) < 30_000)
        }
        let survey = "survey(50000, 16777216, 1024, -1, '0001-01-01')"
        for plan in try await test.plans("PREPARE survey AS \(Dialect.postgres.survey)", survey) {
            #expect(plan.contains("using des_queue_marked on des_queue"), "\(plan)")
            #expect(!plan.contains("Seq Scan on des_queue"), "\(plan)")
        }
    }

    private static func literal(_ array: PostgresArray) -> String { "'\(array.text)'" }
}

extension TestCatalog {
    /// The plans of a statement that is run seven times, each rolled back, on one connection.
    func plans(_ prepare: String, _ execute: String) async throws -> [String] {
        try await catalog.pool.run { session in
            try session.script(prepare)
            var plans: [String] = []
            for number in 0..<7 {
                try session.script("BEGIN")
                // Its own statement each time: this one is not kept prepared.
                let rows = try session.run("EXPLAIN (ANALYZE, BUFFERS) EXECUTE \(execute) -- \(number)")
                plans.append((0..<rows.count).map { rows.text($0, 0) ?? "" }.joined(separator: "\n"))
                try session.script("ROLLBACK")
            }
            return plans
        }
    }
}

extension String {
    /// Pages that a plan says were touched.
    fileprivate var bufferCount: Int? {
        split(separator: "\n").first { $0.contains("Buffers:") }
            .flatMap { line in
                line.split(separator: " ").first { $0.hasPrefix("hit=") }.flatMap { Int($0.dropFirst(4)) }
            }
    }
}
