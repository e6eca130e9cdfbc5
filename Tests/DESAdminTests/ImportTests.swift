import Glibc
import TestServers
import Testing

@Suite("des catalog import")
struct ImportTests {
    private static let lines = """
        {"source": "s3://b/1", "size": 5, "meta": {"é": [1, 2.50, "a\\nb"]}}

        {"source": "s3://b/2", "created_at": "2026-01-01T00:00:00.5Z", "source_id": "two"}
        {"source": "s3://b/3", "size": null, "meta": null}
        {"source": "s3://b/1"}

        """

    @Test("what a line says is in the queue, once, however often it is imported", arguments: TestCatalog.Kind.allCases)
    func idempotent(kind: TestCatalog.Kind) async throws {
        let catalog = try await TestCatalog.migrated(kind)
        try Files.write(catalog.directory["files.jsonl"], ImportTests.lines)
        let first = try catalog.run("catalog", "import", "files.jsonl")
        #expect(first.status == 0 && first.errors == "4 rows read, 3 new, 0 bad\n", "\(first)")
        let again = try catalog.run("catalog", "import", "files.jsonl", "--batch-size", "1", "--json")
        #expect(
            again.lines == [#"{"type":"summary","read":4,"new":0,"bad":0,"read_before":0,"whole":true}"#], "\(again)")
        #expect(
            try await catalog.query("SELECT source, source_id, size, status FROM des_queue ORDER BY source")
                == "s3://b/1||5|new\ns3://b/2|two||new\ns3://b/3|||new")
        let (meta, time) =
            kind == .postgres
            ? (#"{"é": [1, 2.50, "a\nb"]}"#, "extract(epoch FROM created_at)::numeric(20, 1)")
            : (#"{"é":[1,2.50,"a\nb"]}"#, "created_at / 1000.0")
        #expect(try await catalog.query("SELECT meta FROM des_queue WHERE source = 's3://b/1'") == meta)
        #expect(try await catalog.query("SELECT \(time) FROM des_queue WHERE source_id = 'two'") == "1767225600.5")
        #expect(try await catalog.count("des_imports") == 0)
    }

    @Test("the same comes through standard input and as CSV", arguments: TestCatalog.Kind.allCases)
    func otherWays(kind: TestCatalog.Kind) async throws {
        let catalog = try await TestCatalog.migrated(kind)
        let piped = try catalog.run("catalog", "import", "-", "--format", "jsonl", input: ImportTests.lines)
        #expect(piped.status == 0 && piped.errors == "4 rows read, 3 new, 0 bad\n", "\(piped)")
        let csv = "\u{FEFF}source_id,source\r\ntwo,s3://b/2\r\n,s3://b/3\r\nfour,s3://b/3"
        let second = try catalog.run("catalog", "import", "-", "--format", "csv", input: csv)
        #expect(second.status == 0 && second.errors == "3 rows read, 1 new, 0 bad\n", "\(second)")
        #expect(try catalog.run("catalog", "import", "-", input: "").status == 64)
        #expect(try catalog.run("catalog", "import", "x.txt").status == 64)
        #expect(try catalog.run("catalog", "import", "none.csv").status == 10)
    }

    @Test("what is packed already is not queued again", arguments: TestCatalog.Kind.allCases)
    func packed(kind: TestCatalog.Kind) async throws {
        let catalog = try await TestCatalog.migrated(kind)
        try await catalog.addPackedFile(source: "s3://b/3")
        let result = try catalog.run("catalog", "import", "-", "--format", "jsonl", input: ImportTests.lines)
        #expect(result.errors == "4 rows read, 2 new, 0 bad\n", "\(result)")
    }

    @Test("columns are found by their names, and fields may hold commas, quotes and line ends")
    func quoting() async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let csv =
            "size,meta,source\n"
            + "1,\"{\"\"a\"\": \"\"b,c\"\"}\",\"s3://b/,\"\r\n"
            + "2,,\"s3://b/\"\"\"\"\"\n"
            + "\"3\",\"\",\"s3://b/\r\nx\n\"\r\n"
            + ",\"{}\",s3://b/é"
        try Files.write(catalog.directory["a.csv"], csv)
        let result = try catalog.run("catalog", "import", "a.csv")
        #expect(result.status == 0 && result.errors == "4 rows read, 4 new, 0 bad\n", "\(result)")
        #expect(
            try await catalog.query(
                "SELECT size, meta, hex(substr(source, 8)) FROM des_queue ORDER BY size IS NULL, size")
                == "1|{\"a\":\"b,c\"}|2C\n2||2222\n3||0D0A780A\n|{}|C3A9")
    }

    @Test("a row that only the database can refuse is found among the others, and they are queued")
    func refused() async throws {
        let catalog = try await TestCatalog.migrated(.postgres)
        let lines = (1...50).map { $0 == 17 ? #"{"source":"17","meta":{"n":1e999999}}"# : #"{"source":"\#($0)"}"# }
        try Files.write(catalog.directory["a.jsonl"], lines.joined(separator: "\n"))
        let result = try catalog.run("catalog", "import", "a.jsonl")
        #expect(result.status == 3 && result.errors.contains("a.jsonl:17: the database refuses it: "), "\(result)")
        #expect(result.errors.hasSuffix("50 rows read, 49 new, 1 bad\n"))
        #expect(try await catalog.count("des_queue") == 49)
        #expect(try await catalog.count("des_imports") == 0)
    }

    @Test("the objects below a prefix are queued with size and time, whatever their keys")
    func bucket() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        let catalog = try await TestCatalog.migrated(.sqlite)
        try Files.write(catalog.directory["body"], "four")
        for key in ["other", "p/a", "p/b%20c%25%2B", "p/d/%C3%A9"] {
            let put = ["--upload-file", catalog.directory["body"], "\(ceph.endpoint)/\(bucket)/\(key)"]
            let result = try await ceph.curl(put + ["--fail"])
            try #require(result.status == 0, "\(result)")
        }
        for new in [3, 0] {
            var command = catalog.command(["catalog", "import", "s3://\(bucket)/p/", "--batch-size", "2"])
            command.environment.merge([
                "AWS_ENDPOINT_URL": ceph.endpoint, "AWS_ACCESS_KEY_ID": ceph.accessKey,
                "AWS_SECRET_ACCESS_KEY": ceph.secretKey, "AWS_EC2_METADATA_DISABLED": "true",
            ]) { $1 }
            let result = try command.run()
            #expect(result.status == 0 && result.errors == "3 rows read, \(new) new, 0 bad\n", "\(result)")
        }
        #expect(
            try await catalog.query("SELECT source, size FROM des_queue ORDER BY source")
                == ["p/a", "p/b c%+", "p/d/é"].map { "s3://\(bucket)/\($0)|4" }.joined(separator: "\n"))
        // Made in this hour, by the clock of the store.
        let old = "SELECT count(*) FROM des_queue WHERE abs(created_at - unixepoch() * 1000) > 3600000"
        #expect(try await catalog.query(old) == "0")
    }

    @Test("the files of a directory are queued as URLs")
    func directory() async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let tree = try catalog.directory.tree("a tree", ["x": "1", "sub/é %.txt": "22"])
        let url = "file://" + tree.split(separator: " ").joined(separator: "%20")
        let result = try catalog.run("catalog", "import", url + "/")
        #expect(result.status == 0 && result.errors == "2 rows read, 2 new, 0 bad\n", "\(result)")
        #expect(
            try await catalog.query("SELECT source, size FROM des_queue ORDER BY size")
                == "\(url)/x|1\n\(url)/sub/%C3%A9%20%25.txt|2")
        let missing = try catalog.run("catalog", "import", "file:///no/such/directory/")
        #expect(missing.status == 10, "\(missing)")
        let plain = try catalog.run("catalog", "import", tree, "--format", "csv")
        #expect(plain.status == 1 && plain.errors.contains("is a directory"), "\(plain)")
    }
}

extension TestCatalog {
    /// A file that is packed already.
    func addPackedFile(source: String, name: String = "DES_20260131_(21BCAA000100_88)") async throws {
        let day = "2026-01-31"
        let id = "00000000-0000-0000-0000-000000000001"
        if kind == .postgres { _ = try await query("SELECT des_add_day('\(day)')") }
        _ = try await query(
            """
            INSERT INTO des_containers (id, key, shard, day, epoch, state, entry_count, byte_count)
            VALUES ('\(id)', 'data/c.des', 3, '\(day)', 1, 'committed', 1, 2048)
            """)
        _ = try await query(
            """
            INSERT INTO des_files (day, name, source, container_id, data_offset, byte_count, flags, crc)
            VALUES ('\(day)', '\(name)', '\(source)', '\(id)', 16, 1000, 0, 1)
            """)
    }
}
