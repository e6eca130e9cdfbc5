import TestServers
import Testing

@Suite("Lines that are no rows")
struct BadLineTests {
    /// Each with what is said of it.
    static let json: [(String, String)] = [
        ("x", "not JSON: expected a value"), ("{", "not JSON: expected a key in quotes"), ("[1]", "not an object"),
        (#""s3://b/k""#, "not an object"), (#"{"source":"a"} x"#, "expected the end of the JSON text"),
        ("{}", "there is no source"), (#"{"source":""}"#, "source: is empty"),
        (#"{"source":null}"#, "source: not a string"),
        (#"{"source":7}"#, "source: not a string"), (#"{"source":"a\u0000b"}"#, "source: contains U+0000"),
        (#"{"source":"a","source_id":"\u0000"}"#, "source_id: contains U+0000"),
        (#"{"source":"a","meta":{"x":["\u0000"]}}"#, "meta: contains U+0000"),
        (#"{"source":"a","meta":{"\u0000":1}}"#, "meta: contains U+0000"),
        (#"{"source":"a","meta":[]}"#, "meta: expected an object"),
        (#"{"source":"a","size":"5"}"#, "size: not a number"),
        (#"{"source":"a","size":-1}"#, "size: found \"-1\""), (#"{"source":"a","size":1.5}"#, "size: found \"1.5\""),
        (#"{"source":"a","size":99999999999999999999}"#, "size: found"),
        (#"{"source":"a","created_at":"yesterday"}"#, "created_at: found \"yesterday\""),
        (#"{"source":"a","created_at":"2026-02-30T00:00:00Z"}"#, "created_at: found"),
        (#"{"source":"a","created_at":"0000-01-01T00:00:00Z"}"#, "created_at: found"),
        (#"{"source":"a","created_at":5}"#, "created_at: not a string"),
        (#"{"source":"a","source":"b"}"#, "source: is there twice"),
        (#"{"sourc":"a"}"#, "unknown member \"sourc\", expected source, source_id, size, created_at, meta"),
        (#"{"source":"\#(String(repeating: "é", count: 1_025))"}"#, "source: found 2050 bytes, expected at most 2048"),
    ]

    @Test("each form is reported with its line and left out", arguments: TestCatalog.Kind.allCases)
    func jsonLines(kind: TestCatalog.Kind) async throws {
        let catalog = try await TestCatalog.migrated(kind)
        let bad = BadLineTests.json
        for (number, (line, message)) in bad.enumerated() {
            let text = #"{"source":"before"}"# + "\n\(line)\r\n" + #"{"source":"row \#(number)"}"#
            let result = try catalog.run("catalog", "import", "-", "--format", "jsonl", input: text)
            #expect(result.status == 3 && result.errors.hasSuffix("rows read, \(number == 0 ? 2 : 1) new, 1 bad\n"))
            #expect(result.errors.hasPrefix("standard input:2: "), "\(result)")
            #expect(result.errors.contains(message), "\(result)")
        }
        #expect(try await catalog.count("des_queue") == bad.count + 1)
    }

    @Test(
        "what is not CSV is reported with its line, and what follows is read",
        arguments: [
            ("x\"y,1", "a quote inside of a field"), ("\"x\"y,1", "text behind a closing quote"),
            ("x\ry,1", "a carriage return without a line feed"), ("x", "fields: found 1, expected 2"),
            ("x,1,2", "fields: found 3, expected 2"), (",1", "source: is empty"), ("x,y", "size: found \"y\""),
            ("x\0,1", "source: contains U+0000"),
        ])
    func csvLines(line: String, message: String) async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let text = "source,size\n\"a\nb\",1\n\n\(line)\nlast,2\n"
        let result = try catalog.run("catalog", "import", "-", "--format", "csv", input: text)
        #expect(result.status == 3 && result.errors.hasPrefix("standard input:5: "), "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        #expect(result.errors.hasSuffix("3 rows read, 2 new, 1 bad\n"), "\(result)")
    }

    @Test("a quoted field that does not end takes its line and no other")
    func unended() async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let text = "source\n\"a\nb\nc\n"
        let result = try catalog.run("catalog", "import", "-", "--format", "csv", input: text)
        #expect(result.status == 3 && result.errors.hasPrefix("standard input:2: a quoted field"), "\(result)")
        #expect(result.errors.hasSuffix("3 rows read, 2 new, 1 bad\n"), "\(result)")
    }

    @Test("not UTF-8 is no row", arguments: ["jsonl", "csv"])
    func encoding(format: String) async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let (before, after) = format == "csv" ? ("source\n", "\nb\n") : (#"{"source":""#, "\"}\n{\"source\":\"b\"}\n")
        let bytes = Array(before.utf8) + [0x61, 0xFF] + Array(after.utf8)
        let result = try catalog.command(["catalog", "import", "-", "--format", format], input: bytes).run()
        #expect(result.status == 3 && result.errors.contains("UTF-8"), "\(result)")
        #expect(result.errors.hasSuffix("2 rows read, 1 new, 1 bad\n"), "\(result)")
    }

    @Test(
        "a header that is none ends the import",
        arguments: [
            ("size\n1", "no column source"), ("source,source\na,b", "two columns source"),
            ("source,colour\na,b", "unknown column \"colour\""), ("\"source", "does not end"), ("", "no column source"),
        ])
    func header(text: String, message: String) async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let result = try catalog.run("catalog", "import", "-", "--format", "csv", input: text)
        if text.isEmpty {
            #expect(result.status == 1, "\(result)")
        } else {
            #expect(result.status == 1 && result.errors.contains("standard input:1: "), "\(result)")
            #expect(result.errors.contains(message), "\(result)")
        }
        #expect(try await catalog.count("des_queue") == 0)
    }

    @Test("the first twenty are shown, of the others how many there are")
    func many() async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let text = (1...1_234).map { "bad \($0)\n" }.joined()
        let result = try catalog.run("catalog", "import", "-", "--format", "jsonl", "--batch-size", "7", input: text)
        let lines = result.errors.split(separator: "\n")
        #expect(result.status == 3 && lines.count == 22, "\(result)")
        #expect(lines[19].hasPrefix("standard input:20: ") && lines[20].contains("1,214 more bad lines"), "\(result)")
    }

    @Test("--strict stops at the first one, with what came before in the queue", arguments: [1, 2, 100])
    func strict(batchSize: Int) async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let text = (1...9).map { $0 == 5 ? "bad\n" : "{\"source\":\"\($0)\"}\n" }.joined()
        try Files.write(catalog.directory["a.jsonl"], text)
        let result = try catalog.run("catalog", "import", "a.jsonl", "--strict", "--batch-size", "\(batchSize)")
        #expect(result.status == 1 && result.errors.hasPrefix("a.jsonl:5: "), "\(result)")
        #expect(try await catalog.query("SELECT max(source), count(*) FROM des_queue") == "4|4")
        // The line is there when the import goes on.
        let again = try catalog.run("catalog", "import", "a.jsonl")
        #expect(again.status == 3 && again.errors.contains("a.jsonl:5: "), "\(again)")
        #expect(try await catalog.count("des_queue") == 8)
    }
}
