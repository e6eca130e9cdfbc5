import Testing

@testable import des_admin

@Suite("CSV, byte by byte")
struct CSVScannerTests {
    @Test(
        "records are cut where RFC 4180 says",
        arguments: [
            ("a,b\nc", ["a", "b"], 4, 1), ("a,b\r\nc", ["a", "b"], 5, 1), ("\n", [""], 1, 1), (",\n", ["", ""], 2, 1),
            ("\"a,b\"\n", ["a,b"], 6, 1), ("\"a\nb\",c\r\n", ["a\nb", "c"], 9, 2), ("\"\"\n", [""], 3, 1),
            ("\"\"\"\"\n", ["\"\""], 5, 1),
            ("a,\"b\"\"c\"\n", ["a", "b\"\"c"], 9, 1), ("a b , c\n", ["a b ", " c"], 8, 1),
        ] as [(String, [String], Int, Int)])
    func records(text: String, fields: [String], byteCount: Int, lineCount: Int) {
        let bytes = Array(text.utf8)
        var scanner = CSVScanner()
        #expect(scanner.scan(bytes.span, isAtEnd: false) == .record(byteCount: byteCount))
        #expect(scanner.fields.map { String(decoding: bytes[$0.range], as: UTF8.self) } == fields)
        #expect(scanner.lineCount == lineCount)
    }

    @Test(
        "what is known of the beginning of a record stays true when the rest comes",
        arguments: [
            "a,\"b\"\"c\",\"d\r\n\"\r\nnext", "\"\"\"\",x\n", "a\rb\nnext", "\"a\"b,\"\n\"\n", "a\"b\"\nnext", "a\r\n",
            "\"a\"\r\n",
        ])
    func pieces(text: String) {
        let bytes = Array(text.utf8)
        var scanner = CSVScanner()
        let whole = scanner.scan(bytes.span, isAtEnd: false)
        for end in 0..<bytes.count {
            let found = scanner.scan(bytes.span.extracting(..<end), isAtEnd: false)
            #expect(found == .incomplete || found == whole, "\(end) bytes of \(text.debugDescription)")
        }
    }

    @Test(
        "the last record needs no line end",
        arguments: [("a,b", ["a", "b"]), ("a,", ["a", ""]), ("\"a\"", ["a"]), ("a\r", ["a"])] as [(String, [String])])
    func last(text: String, fields: [String]) {
        let bytes = Array(text.utf8)
        var scanner = CSVScanner()
        #expect(scanner.scan(bytes.span, isAtEnd: false) == .incomplete)
        #expect(scanner.scan(bytes.span, isAtEnd: true) == .record(byteCount: bytes.count))
        #expect(scanner.fields.map { String(decoding: bytes[$0.range], as: UTF8.self) } == fields)
    }
}
