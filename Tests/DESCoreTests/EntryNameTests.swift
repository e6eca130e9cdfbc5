import Testing

@testable import DESCore

@Suite("Names")
struct EntryNameTests {
    @Test("two forms of one visible name are two names, and sort as unsigned bytes")
    func normalization() throws {
        let composed = try EntryName("\u{E9}")
        let decomposed = try EntryName("e\u{301}")
        #expect(composed.string == decomposed.string)  // what Swift says of the strings
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
        #expect(!(composed < decomposed))
        #expect(try EntryName("\u{E9}").hashValue == composed.hashValue)
    }

    @Test("names sort as UTF-8 does, not as UTF-16 or by length")
    func order() throws {
        let names = try ["A", "a", "a\u{0}", "aa", "b", "\u{7F}", "\u{80}", "\u{FFFF}", "\u{10000}"].map {
            try EntryName($0)
        }
        for (a, b) in zip(names, names.dropFirst()) {
            #expect(a < b, "\(a.quoted) before \(b.quoted)")
            #expect(!(b < a))
        }
    }

    @Test("a name has 1 to 65,535 bytes of UTF-8")
    func length() throws {
        #expect(errorCode { try EntryName("") } == .invalidArgument)
        #expect(try EntryName(String(repeating: "x", count: 65_535)).string.utf8.count == 65_535)
        #expect(errorCode { try EntryName(String(repeating: "x", count: 65_536)) } == .invalidArgument)
        #expect(errorCode { try EntryName(String(repeating: "\u{E9}", count: 32_768)) } == .invalidArgument)
        #expect(EntryName([UInt8]().span.bytes) == nil)
        let most = [UInt8](repeating: 0x78, count: 65_536)
        #expect(EntryName(most.span.bytes.extracting(0..<65_535)) != nil)
        #expect(EntryName(most.span.bytes) == nil)
    }

    @Test(
        "bytes that are not UTF-8 are no name",
        arguments: [
            [0x80], [0xC3], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
            [0x61, 0xFE, 0x62], [0xF0, 0x9F, 0x93],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        #expect(EntryName(bytes.span.bytes) == nil)
    }

    @Test("the bytes of a name come back as they went in, from a literal and from a bridged or sliced string")
    func bytes() throws {
        let text = "prefix/\u{E9}\u{1F4E6}"
        let sliced = String(text.dropFirst(7))
        #expect(try EntryName(sliced).withBytes { $0.array() } == [0xC3, 0xA9, 0xF0, 0x9F, 0x93, 0xA6])
        let bytes: [UInt8] = [0xC3, 0xA9]
        #expect(EntryName(bytes.span.bytes)?.string.utf8.elementsEqual(bytes) ?? false)
    }

    @Test(
        "a relative path of real components has no fault",
        arguments: [
            "a", "a/b", "a/b/c.txt", "...", "a/...", "..a", "a..", ".hidden", "a/.hidden", " ", "a b", "-", "a\\b",
            "C:x", "a\nb", "\u{7F}", "\u{1F4E6}", "a:b*c?d\"e<f>g|h",
        ])
    func legal(name: String) throws {
        #expect(try EntryName(name).pathFault == nil)
    }

    @Test(
        "a name that no extraction may follow has a fault that says why",
        arguments: [
            ("/", "is an absolute path"), ("/etc/passwd", "is an absolute path"), ("//a", "is an absolute path"),
            ("a/", "has an empty component"), ("a//b", "has an empty component"), (".", "has a component \".\""),
            ("..", "has a component \"..\""), ("../a", "has a component \"..\""), ("a/..", "has a component \"..\""),
            ("a/../b", "has a component \"..\""), ("./a", "has a component \".\""), ("a/./b", "has a component \".\""),
            ("a/.", "has a component \".\""), ("a\u{0}b", "contains NUL"), ("\u{0}", "contains NUL"),
        ])
    func illegal(name: String, fault: String) throws {
        #expect(try EntryName(name).pathFault == fault)
    }

    @Test("a quoted name puts no control character on a terminal")
    func quoted() throws {
        #expect(try EntryName("a\"b\\c\u{1B}[31m\n\u{9B}é").quoted == "\"a\\\"b\\\\c\\u{1b}[31m\\u{a}\\u{9b}é\"")
    }
}
