import DESCore
import Glibc
import TestServers
import Testing

@Suite("des catalog status and find, des dead-letters")
struct ReportTests {
    private static let name = "DES_20260131_(21BCAA000100_88)"

    /// A packed file, a marked one, new ones, and two that were given up.
    private func filled(_ kind: TestCatalog.Kind) async throws -> TestCatalog {
        let catalog = try await TestCatalog.migrated(kind)
        try await catalog.addPackedFile(source: "s3://b/packed", name: ReportTests.name)
        _ = try await catalog.query(
            """
            INSERT INTO des_queue (id, source, size, status, name, shard, day, last_error) VALUES
                (1, 's3://b/new', 1024, 'new', NULL, NULL, NULL, NULL),
                (2, 's3://b/marked', 2048, 'marked', 'm', 3, '2026-02-01', NULL),
                (3, 's3://b/failed 1', NULL, 'failed', NULL, NULL, NULL, 'too bad'),
                (4, 's3://b/failed 2', NULL, 'failed', NULL, NULL, NULL, 'too bad')
            """)
        for row in [3, 4] {
            _ = try await catalog.query(
                """
                INSERT INTO des_dead_letters (row_id, source, stage, reason, attempts)
                VALUES ('\(row)', 's3://b/failed \(row - 2)', 'mark', 'too bad', 4)
                """)
        }
        return catalog
    }

    @Test("counts by status and day, containers and dead letters", arguments: TestCatalog.Kind.allCases)
    func status(kind: TestCatalog.Kind) async throws {
        let catalog = try await filled(kind)
        let result = try catalog.run("catalog", "status")
        let words = result.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        #expect(
            Array(words.prefix(5)) == [
                ["STATUS", "DAY", "ROWS", "BYTES"], ["new", "-", "1", "1.0", "KiB"],
                ["marked", "2026-02-01", "1", "2.0", "KiB"], ["failed", "-", "2", "0", "B"],
                ["packed", "2026-01-31", "1", "2.0", "KiB"],
            ], "\(result)")
        #expect(result.text.contains("containers    1 committed\n") && result.text.contains("dead letters  2\n"))
        let json = try catalog.run("catalog", "status", "--json").lines.map { try JSON(parsing: $0) }
        try #require(json.count == 5)
        #expect(json[3]["status"]?.stringValue == "packed" && json[3]["bytes"]?.integerValue == 2_048)
        #expect(json.last?["dead_letters"]?.integerValue == 2)
        #expect(json.last?["containers"]?["committed"]?.integerValue == 1)
        guard case .number? = json.last?["oldest_seconds"]?["new"] else {
            Issue.record("no age: \(json)")
            return
        }
    }

    @Test("--watch goes on, with rates, until a signal")
    func watch() async throws {
        let catalog = try await filled(.sqlite)
        let running = try catalog.command(["catalog", "status", "--watch", "0.1", "--json"]).start()
        var text = ""
        while !text.contains("packed_per_second") { text += String(decoding: try running.read(1), as: UTF8.self) }
        #expect(text.split(separator: "\n").count { $0.contains("\"summary\"") } == 2)
        running.send(SIGINT)
        #expect(try running.wait().status == 130)
        #expect(try catalog.run("catalog", "status", "5").status == 64)
    }

    @Test("files are found by name and by source, and what is not there is said", arguments: TestCatalog.Kind.allCases)
    func find(kind: TestCatalog.Kind) async throws {
        let catalog = try await filled(kind)
        let line = "packed\t\(ReportTests.name)\ts3://b/packed\tdata/c.des\t16\t1000"
        for text in [ReportTests.name, "s3://b/packed"] {
            let result = try catalog.run("catalog", "find", text)
            #expect(result.status == 0 && result.lines == [line], "\(result)")
        }
        let several = try catalog.run("catalog", "find", "s3://b/new", "none", "s3://b/failed 1")
        #expect(several.status == 10 && several.errors.contains("none: is neither"), "\(several)")
        #expect(several.lines == ["new\t-\ts3://b/new", "failed\t-\ts3://b/failed 1"], "\(several)")
        #expect(several.errors.contains("s3://b/failed 1: too bad"), "\(several)")
        let json = try JSON(parsing: try catalog.run("catalog", "find", "--json", "s3://b/packed").text)
        #expect(json["offset"]?.integerValue == 16 && json["key"]?.stringValue == "data/c.des", "\(json.text)")
    }

    @Test(
        "dead letters are listed, retried and dropped; others are said to be none",
        arguments: TestCatalog.Kind.allCases)
    func deadLetters(kind: TestCatalog.Kind) async throws {
        let catalog = try await filled(kind)
        let listed = try catalog.run("dead-letters", "ls").lines.map { $0.split(separator: "\t").map(String.init) }
        try #require(listed.count == 2 && listed.allSatisfy { $0.count == 6 }, "\(listed)")
        #expect(listed[0][4] == "s3://b/failed 2")
        #expect(listed[1].dropFirst(2) == ["mark", "4", "s3://b/failed 1", "too bad"])
        #expect(try catalog.run("dead-letters", "ls", "--limit", "1").lines.count == 1)
        let (second, first) = (listed[0][0], listed[1][0])

        let retried = try catalog.run("dead-letters", "retry", first, "777", first)
        #expect(retried.status == 10 && retried.lines == ["retried 1"] && retried.errors.contains("777"), "\(retried)")
        #expect(try await catalog.query("SELECT status FROM des_queue WHERE id = 3") == "new")
        let dropped = try catalog.run("dead-letters", "drop", second, "--json")
        #expect(dropped.status == 0 && dropped.lines == [#"{"type":"summary","dropped":1}"#], "\(dropped)")
        #expect(try await catalog.query("SELECT count(*) FROM des_queue WHERE id = 4") == "0")
        #expect(try catalog.run("dead-letters", "retry", "--all").lines == ["retried 0"])
        for wrong in [["retry"], ["retry", "1", "--all"], ["drop", "x"], ["ls", "--limit", "0"]] {
            #expect(try catalog.command(["dead-letters"] + wrong).run().status == 64, "\(wrong)")
        }
    }

    @Test("days are detached and kept, and --dry-run only says which")
    func detach() async throws {
        let catalog = try await filled(.postgres)
        let dry = try catalog.run("catalog", "detach", "--before", "2026-02-01", "--dry-run")
        #expect(dry.status == 0 && dry.lines == ["des_files_20260131"], "\(dry)")
        #expect(try catalog.run("catalog", "find", "s3://b/packed").status == 0)
        #expect(try catalog.run("catalog", "detach", "--before", "2026-01-31").output.isEmpty)
        let done = try catalog.run("catalog", "detach", "--before", "2026-02-01")
        #expect(done.lines == ["des_files_20260131"], "\(done)")
        #expect(done.errors.contains("DROP TABLE des_files_20260131"), "\(done)")
        #expect(try catalog.run("catalog", "find", "s3://b/packed").status == 10)
        #expect(try await catalog.count("des_files_20260131") == 1)
        #expect(try catalog.run("catalog", "detach", "--before", "tomorrow").status == 64)
    }
}
