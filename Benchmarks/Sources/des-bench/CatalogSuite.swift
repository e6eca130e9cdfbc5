import DESCore
import Glibc
import TestServers

/// Measurements of the catalog and of des-marker, against the same SQL run by psql. PostgreSQL runs as it would for users:
/// with fsync.
struct CatalogSuite {
    private let programs: String
    private let directory: String
    private let server: PostgresServer
    private let database: String

    private static let rowCount = 200_000
    private static let batchSize = 1_000
    private static let fileCount = 10_000_000

    /// Runs all parts; the table is written after each. `des-marker` and `des-admin` are beside `des`.
    static func run(des: String, writingTo path: String) async throws {
        let disk = try WorkDirectory(parent: Machine.environment("TMPDIR") ?? "/tmp")
        defer { disk.remove() }
        let server = try await PostgresServer(fsync: true, settings: ["max_wal_size": "8GB"])
        defer { server.stop() }
        let suite = CatalogSuite(
            programs: des.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }, directory: disk.path,
            server: server, database: try await server.createDatabase())
        try await suite.run(writingTo: path)
    }

    private func run(writingTo path: String) async throws {
        var table = Table()
        let machine = try Machine.description(of: directory)
        try Command([programs + "/des-admin", "migrate", "--database", url]).run()
        try statements()
        for part in [marking, importing, history] {
            try await part(&table)
            try table.markdown(machine: machine).write(to: path)
        }
    }

    private var url: String { server.url(database: database) }

    @discardableResult
    private func query(_ sql: String) async throws -> String { try await server.query(sql, in: database) }

    // MARK: Marking

    private static let oneCore =
        "one worker keeps one core busy in the server (writing the new versions of rows, their index entries and the log) and "
        + "waits for the disk between batches; on two cores, with the workers and the server's own writers beside it, "
        + "there is less than one free."
    private static let bareLimit =
        "this table has no index on what identifies a file, none for those who claim by shard, and none on the time: without "
        + "those there is no queue."

    private func marking(_ table: inout Table) async throws {
        let runs = try await paired(count: 5, ours: { try mark(workers: 1) }, peer: { try bare("des_queue") })
        let command =
            "psql -f FILE: 200 times EXECUTE of UPDATE … FROM (SELECT … FOR UPDATE SKIP LOCKED LIMIT 1000) … unnest(…)"
        table.ratio(
            "mark 200,000 rows, one worker, batches of 1,000, against the bare statement on the same table",
            ours: rate(runs.ours), peer: rate(runs.peer), unit: "rows/s", target: .atLeast(0.9, "x"), command: command)
        let least = try await paired(count: 3, ours: { try mark(workers: 1) }, peer: { try bare("bare") })
        table.ratio(
            "the same against a table with nothing but a key and an index of what waits",
            ours: rate(least.ours), peer: rate(least.peer), unit: "rows/s",
            target: .atLeast(0.9, "x", limit: CatalogSuite.bareLimit), command: command)
        let two = try await paired(count: 3, ours: { try mark(workers: 2) }, peer: { try mark(workers: 1) })
        table.ratio(
            "two workers against one", ours: rate(two.ours), peer: rate(two.peer), unit: "rows/s",
            target: .atLeast(1.5, "x", limit: CatalogSuite.oneCore), command: "one des-marker")
        try await fill()
        let peak = try Command(marker(batchSize: 10_000)).measured().peakByteCount
        table.value(
            "peak memory of a marker with batches of 10,000", Double(peak) / 1e6, unit: "MB", target: .under(64, " MB"))
    }

    private func rate(_ seconds: Double) -> Double { Double(CatalogSuite.rowCount) / seconds }

    private func paired(
        count: Int, ours: () throws -> Double, peer: () throws -> Double
    ) async throws -> (ours: Double, peer: Double) {
        var (first, second): ([Double], [Double]) = ([], [])
        for _ in 0..<count {
            try await fill()
            first.append(try ours())
            try await fill()
            second.append(try peer())
        }
        note("ours \(first) peer \(second)")
        return (Paired.median(first), Paired.median(second))
    }

    /// The same rows to be marked, in both tables, and nothing left to be written.
    private func fill() async throws {
        try await query(
            """
            TRUNCATE des_queue;
            INSERT INTO des_queue (source, size, created_at)
            SELECT 's3://bucket/photos/2026/' || n || '.jpg', n, now() - interval '1 hour'
            FROM generate_series(1, \(CatalogSuite.rowCount)) AS n;
            DROP TABLE IF EXISTS bare;
            CREATE TABLE bare (
                id bigint PRIMARY KEY, source text, size bigint, status text DEFAULT 'new', name text, shard int, day date);
            CREATE INDEX ON bare (id) WHERE status = 'new';
            INSERT INTO bare (id, source, size)
            SELECT n, 's3://bucket/photos/2026/' || n || '.jpg', n FROM generate_series(1, \(CatalogSuite.rowCount)) AS n
            """)
        for sql in ["VACUUM ANALYZE des_queue", "VACUUM ANALYZE bare", "CHECKPOINT"] { try await query(sql) }
    }

    private func marker(batchSize: Int) -> [String] {
        [
            programs + "/des-marker", "--once", "--database", url, "--set", "marker.minimum-age=0s", "--set",
            "marker.batch-size=\(batchSize)", "--set", "service.log-level=error",
        ]
    }

    /// Seconds from the start of the first process to the end of the last.
    private func mark(workers: Int) throws -> Double {
        let line = marker(batchSize: CatalogSuite.batchSize).map { "'\($0)'" }.joined(separator: " ")
        return try Command((0..<workers).map { _ in line + " &" }.joined(separator: " ") + " wait").run().seconds
    }

    private func bare(_ table: String) throws -> Double {
        try Command([
            try Toolbox.path(of: "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f",
            "\(directory)/\(table).sql",
        ]).run().seconds
    }

    /// What psql runs: as many batches as there are, with names that are made already.
    private func statements() throws {
        for (table, order) in [("des_queue", "created_at, id"), ("bare", "id")] {
            var text = """
                PREPARE mark(text[], int[], date[]) AS
                UPDATE \(table) AS q SET status = 'marked', name = given.name, shard = given.shard, day = given.day
                FROM (SELECT id, row_number() OVER () AS n FROM (
                    SELECT id FROM \(table) WHERE status = 'new' ORDER BY \(order)
                    LIMIT \(CatalogSuite.batchSize) FOR UPDATE SKIP LOCKED) AS locked) AS taken
                JOIN unnest($1, $2, $3) WITH ORDINALITY AS given(name, shard, day, n) USING (n)
                WHERE q.id = taken.id;

                """
            for batch in 0..<(CatalogSuite.rowCount / CatalogSuite.batchSize) {
                let names = (0..<CatalogSuite.batchSize).compactMap { row -> DESName? in
                    guard let value = NameValue(bits: UInt64(batch * CatalogSuite.batchSize + row)),
                        let day = CalendarDay("2026-01-31")
                    else { return nil }
                    return DESName(prefix: .standard, day: day, value: value)
                }
                let columns = [
                    names.map(\.description), names.map { "\($0.shard(bits: .standard).number)" },
                    names.map(\.day.description),
                ]
                text += "EXECUTE mark(\(columns.map { "'{\($0.joined(separator: ","))}'" }.joined(separator: ", ")));\n"
            }
            try Page(text: text).write(to: "\(directory)/\(table).sql")
        }
    }

    // MARK: A long history

    private func history(_ table: inout Table) async throws {
        var before: [Double] = []
        for _ in 0..<5 {
            try await fill()
            before.append(try mark(workers: 1))
        }
        for day in 1...10 {
            let text = "2026-03-\(day < 10 ? "0" : "")\(day)"
            try await query("SELECT des_add_day('\(text)')")
            try await query(
                """
                INSERT INTO des_files (day, name, source, container_id, data_offset, byte_count, flags, crc)
                SELECT '\(text)', 'DES_202603\(text.suffix(2))_(' || lpad(to_hex(n), 12, '0') || '_00)',
                    's3://bucket/packed/\(text)/' || n, '00000000-0000-7000-8000-000000000000', n::bigint * 4096, 4096, 0, n
                FROM generate_series(1, \(CatalogSuite.fileCount / 10)) AS n
                """)
        }
        // What the server does once after so many rows, and the disk with what is not written yet, is not what is measured.
        try await query("VACUUM (FREEZE, ANALYZE) des_files")
        try await query("CHECKPOINT")
        try Command("sync").run()
        var after: [Double] = []
        for _ in 0..<5 {
            try await fill()
            after.append(try mark(workers: 1))
        }
        note("before \(before) after \(after)")
        table.ratio(
            "mark 200,000 rows with 10,000,000 finished files in the catalog, against none",
            ours: rate(Paired.median(after)), peer: rate(Paired.median(before)), unit: "rows/s",
            target: .atLeast(0.9, "x"), command: "the same des-marker before the files were there")
    }

    // MARK: Import

    private func importing(_ table: inout Table) async throws {
        let (lines, columns) = ("\(directory)/files.jsonl", "\(directory)/files.copy")
        let files = (1...CatalogSuite.rowCount).map { "s3://bucket/imported/2026/\($0).jpg" }
        try Page(text: files.map { "{\"source\": \"\($0)\", \"size\": 4096}\n" }.joined()).write(to: lines)
        try Page(text: files.map { "\($0)\t4096\n" }.joined()).write(to: columns)
        let copy = """
            \\copy staging FROM '\(columns)'
            INSERT INTO des_queue (source, size) SELECT source, size FROM staging ON CONFLICT DO NOTHING;

            """
        try Page(text: copy).write(to: "\(directory)/copy.sql")
        var (ours, peer): ([Double], [Double]) = ([], [])
        for _ in 0..<5 {
            try await empty()
            ours.append(
                try Command([programs + "/des-admin", "catalog", "import", lines, "--database", url]).run().seconds)
            try await empty()
            peer.append(
                try Command([
                    try Toolbox.path(of: "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f",
                    "\(directory)/copy.sql",
                ]).run().seconds)
        }
        note("ours \(ours) peer \(peer)")
        table.ratio(
            "import 200,000 files from JSON lines, idempotent by source", ours: rate(Paired.median(ours)),
            peer: rate(Paired.median(peer)), unit: "rows/s", target: .atLeast(0.7, "x"),
            command:
                "psql: \\copy staging FROM 'files.copy'; INSERT INTO des_queue … SELECT … FROM staging ON CONFLICT DO NOTHING"
        )
    }

    private func empty() async throws {
        try await query(
            "TRUNCATE des_queue; DROP TABLE IF EXISTS staging; CREATE TABLE staging (source text, size bigint)")
        try await query("CHECKPOINT")
    }
}
