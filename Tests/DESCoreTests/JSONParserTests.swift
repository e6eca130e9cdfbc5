import Testing

@testable import DESCore

/// In the manner of JSONTestSuite: y_ must be accepted, n_ must be refused. Bytes, as some are not UTF-8.
@Suite("JSON parsing")
struct JSONParserTests {
    private func parse(_ bytes: [UInt8]) throws(DESError) -> JSON { try JSON(parsing: bytes.span.bytes) }

    @Test("RFC 8259 texts are accepted", arguments: legalTexts)
    func accepted(text: String) throws {
        _ = try parse(Array(text.utf8))
        _ = try JSON(parsing: text)
    }

    @Test("what RFC 8259 does not allow is refused", arguments: illegalTexts)
    func refused(text: String) {
        #expect(errorCode { try parse(Array(text.utf8)) } == .invalidArgument)
        #expect(errorCode { try JSON(parsing: text) } == .invalidArgument)
    }

    @Test(
        "strings that are not UTF-8 are refused",
        arguments: [
            [0xE5], [0xFF], [0xE9], [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0xBF, 0xBF, 0xBF], [0xE0, 0xFF],
            [0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF], [0xF0, 0x9F, 0x93],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        for text in [[0x22] + bytes + [0x22], [0x22, 0x5C, 0x6E] + bytes + [0x22], bytes, [0x5B] + bytes + [0x5D]] {
            #expect(errorCode { try parse(text) } == .invalidArgument, "\(text)")
        }
    }

    @Test("a truncated text is refused at every length, with an offset that is not past its end")
    func truncated() throws {
        let text = Array(#"{"a":[1.5e-3,true,null,"x\u00e9\ud83d\udce6\n"],"b":{"c":"d"}}"#.utf8)
        _ = try parse(text)
        for count in 0..<text.count {
            let error = #expect(throws: DESError.self) { try parse(Array(text.prefix(count))) }
            #expect(error?.offset.map { (0...count).contains($0) } ?? false, "\(count)")
        }
    }

    @Test("nesting is followed to 128 levels and refused beyond, also when a million are announced")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
        }
        _ = try parse(nested(128))
        #expect(errorCode { try parse(nested(129)) } == .invalidArgument)
        #expect(errorCode { try parse([UInt8](repeating: 0x5B, count: 1_000_000)) } == .invalidArgument)
        let objects = Array(String(repeating: "{\"a\":", count: 100_000).utf8)
        #expect(errorCode { try parse(objects) } == .invalidArgument)
        // Siblings are not nested.
        _ = try parse(Array(("[" + String(repeating: "[],", count: 1_000) + "[]]").utf8))
    }

    @Test(
        "surrogate pairs become one character, a lone surrogate the replacement character",
        arguments: [
            (#""\uD83D\uDCE6""#, "\u{1F4E6}"), (#""\uD801\udc37x""#, "\u{10437}x"), (#""\ud83d""#, "\u{FFFD}"),
            (#""\udce6""#, "\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"), (#""\ud83d\n""#, "\u{FFFD}\n"),
            (#""\ud83d\ud83d\udce6""#, "\u{FFFD}\u{1F4E6}"), (#""\udce6\ud83d""#, "\u{FFFD}\u{FFFD}"),
            (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\uD800\u0000""#, "\u{FFFD}\u{0}"), (#""a\u0000b""#, "a\u{0}b"),
            (#""é\u00e9e\u0301""#, "éée\u{301}"),
        ])
    func surrogates(source: String, text: String) throws {
        let found = try #require(try parse(Array(source.utf8)).stringValue)
        #expect(found.utf8.elementsEqual(text.utf8), "\(found.unicodeScalars.map(\.value))")
    }

    @Test("numbers keep their spelling, and are integers only when they are written as one that fits")
    func numbers() throws {
        for text in ["1e3", "1.10", "-0", "12345678901234567890", "0.1000000000000000055511151231257827", "1E+2"] {
            #expect(try parse(Array(text.utf8)) == .number(text))
            #expect(try parse(Array(text.utf8)).text == text)
        }
        #expect(try JSON(parsing: "9223372036854775807").integerValue == .max)
        #expect(try JSON(parsing: "-9223372036854775808").integerValue == .min)
        for text in ["9223372036854775808", "1e3", "1.0", "\"1\"", "true"] {
            #expect(try JSON(parsing: text).integerValue == nil, "\(text)")
        }
    }
}

private let legalTexts = [
    "[]", "[[]   ]", "[\"\"]", "[\"a\"]", "[false]", "[null, 1, \"1\", {}]", "[1\n]", " [1]", "[1,null,null,2]",
    "[2] ", "[123e65]", "[0e+1]", "[0e1]", "[ 4]", "[-0]", "[-123]", "[-1]", "[-0.0]", "[1E22]", "[1E-2]",
    "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123]", "[123.456789]", "[1.5e1000000]",
    "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "{\"asd\":\"sdf\"}", "{\"a\":\"b\",\"a\":\"c\"}", "{}", "{\"\":0}",
    "{\"foo\\u0000bar\": 42}", "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "{\n\"a\": \"b\"\n}",
    "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\\u0000\"]",
    "[\"a/*b*/c/*d//e\"]", "[\"\\\\a\"]", "[\"\\u0012\"]", "[\"\\uFFFF\"]", "[\"\u{E000}\"]", "[\"\u{2028}\"]",
    "[\"\u{7F}\"]", "[\"\\uDBFF\\uDFFE\"]", "[\"\u{200B}\"]", "\" \"", "false", "42", "-0.1", "null",
    "\"asd\"", "true", "\t[\r\n1 ]\n",
]

private let illegalTexts = [
    "", " ", "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"",
    "[x", "[3[4]]", "[1:2]", "[,]", "[-]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,]", "[1,,]", "[\"a\"\u{B}]",
    "[*]", "[\"\"", "[1,", "[1,\n1\n,1", "[{}", "[fals]", "[nul]", "[tru]", "[++1234]", "[+1]", "[-01]",
    "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]", "[.2e-3]", "[0.1.2]", "[0.3e+]", "[0.3e]", "[0.e1]", "[0E+]", "[0E]",
    "[0e]", "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]", "[2.e+3]", "[2.e-3]", "[2.e3]", "[9.e+]",
    "[Inf]", "[NaN]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]", "[-Infinity]", "[-foo]", "[- 1]", "[-012]",
    "[-.123]", "[-1x]", "[1ea]", "[1.]", "[.123]", "[1.2a-3]", "[1.8011670033376514H-308]", "[012]",
    "[\"x\", truth]", "{[: \"x\"}", "{\"x\", null}", "{\"x\"::\"b\"}", "{\"a\":\"a\" 123}", "{key: 'value'}",
    "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":", "{\"a\"", "{1:1}", "{9999E9999:1}", "{\"id\":0,,,,,}",
    "{'a':0}", "{\"id\":0,}", "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}//", "{\"a\":\"b\",,\"c\":\"d\"}",
    "{a: \"b\"}", "{\"a\":\"a", "{ \"foo\" : \"bar\", \"a\" }", "{\"a\":\"b\"}#", "{ ", "}", "{\"a\":null,}",
    "[\"\\u\"]", "[\"\\u1\"]", "[\"\\u1x\"]", "[\"\\u12\"]", "[\"\\u123\"]", "[\"\\u00A\"]", "[\"\\u00g0\"]",
    "[\"\\x00\"]", "[\"\\\\\\\"]", "[\"\\\t\"]", "[\"\\\u{1F300}\"]", "[\"\\\"]", "[\"\\uD834\\uD\"]",
    "[\"\\uD834\\u\"]", "[\"\\uD800\\u1\"]", "[\"\\a\"]", "[\"\\ \"]", "[\\u0020\"asd\"]", "[\\n]", "\"", "['x']",
    "abc", "[\"\\", "[\"\n\"]", "[\"\t\"]", "[\"\u{0}\"]", "[\"\u{1F}\"]", "\"\\UA66D\"", "<.>", "[<null>]",
    "[1]x", "2@", "{\"\":", "[True]", "]", "{\"x\": true,", "[\"asd]", "aå", "[\u{2060}]", "\u{FEFF}{}",
    "\u{FEFF}", "[⍂]", "[\"\"]\u{C}", "[\u{C}]", "1]", "* ", "{\"a\":/*c*/\"b\"}", "[1\u{A0}]", "nulltrue",
    "null null", "--1", "1e", "01", "\"\\u００４１\"",
]
