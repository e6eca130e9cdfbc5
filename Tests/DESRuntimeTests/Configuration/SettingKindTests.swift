import DESCore
import Logging
import Testing

@testable import DESRuntime

@Suite("What a setting may be")
struct SettingKindTests {
    /// The value of one text, `nil` if it is refused.
    private func parse<Value>(_ kind: SettingKind<Value>, _ text: String) -> Value? { try? kind.value(of: [text]) }

    @Test("whole numbers end where they end")
    func integers() {
        let kind = SettingKind<Int>.integer(-3...256)
        for (text, value) in [("-3", -3), ("0", 0), ("256", 256), ("007", 7)] { #expect(parse(kind, text) == value) }
        for text in ["-4", "257", "", " 1", "1 ", "1.0", "0x10", "1e2", "1_000", "٣", "99999999999999999999", "\"1\""] {
            #expect(parse(kind, text) == nil, "\(text)")
        }
    }

    @Test(
        "counts of bytes have units of 1024 and of 1000",
        arguments: [
            ("512", 512), ("512B", 512), ("0", 0), ("1kB", 1_000), ("1KB", 1_000), ("1KiB", 1_024), ("1MB", 1_000_000),
            ("1MiB", 1 << 20), ("3GB", 3_000_000_000), ("1GiB", 1 << 30), ("8589934591GiB", 8_589_934_591 << 30),
            ("9223372036854775807", Int.max), ("9223372036854775807B", Int.max),
        ])
    func byteCounts(text: String, value: Int) { #expect(parse(.byteCount(0...Int.max), text) == value) }

    @Test(
        "what is no count of bytes is refused, also one that is too large to be counted",
        arguments: [
            "", "B", "KiB", "-1", "1 KiB", " 1", "1.5KiB", "64K", "64k", "1kib", "1TiB", "1e3", "0x10",
            "9223372036854775808", "8589934592GiB", "9223372036854775807KiB", "99999999999999999999B", "1KiBB",
        ])
    func noByteCount(text: String) { #expect(parse(.byteCount(0...Int.max), text) == nil) }

    @Test("counts of bytes end where they end")
    func byteCountBorders() {
        let kind = SettingKind<Int>.byteCount(1_024...1 << 20)
        for text in ["1024", "1KiB", "1MiB", "1048576"] { #expect(parse(kind, text) != nil, "\(text)") }
        for text in ["1023", "1kB", "1048577", "2MiB", "0"] { #expect(parse(kind, text) == nil, "\(text)") }
    }

    @Test(
        "times have units, seconds if none is said",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("30", .seconds(30)), ("5m", .seconds(300)),
            ("1h", .seconds(3_600)), ("1.5s", .milliseconds(1_500)), (".5", .milliseconds(500)), ("0", .zero),
            ("0.001", .milliseconds(1)), ("0.5ms", .milliseconds(1)), ("0.25h", .seconds(900)),
        ])
    func durations(text: String, value: Duration) {
        #expect(parse(.duration(.zero...(.seconds(3_600))), text) == value)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "s", "ms", ".", "1..5", "-1s", "+1s", "1e3", "1 s", " 1s", "1S", "1d", "1sm", "1h30m", "inf", "nan",
            "0x10", "٣s", "3600001ms", "2h", "999999999999h", String(repeating: "9", count: 400),
        ])
    func noDuration(text: String) { #expect(parse(.duration(.zero...(.seconds(3_600))), text) == nil) }

    @Test("times end where they end")
    func durationBorders() {
        let kind = SettingKind<Duration>.duration(.milliseconds(100)...(.seconds(3_600)))
        for text in ["100ms", "0.1", "1h", "3600", "3600000ms"] { #expect(parse(kind, text) != nil, "\(text)") }
        for text in ["99ms", "0", "3601", "61m"] { #expect(parse(kind, text) == nil, "\(text)") }
        #expect(kind.expected.contains("from 100ms to 1h"))
    }

    @Test(
        "node ids are one, or a range",
        arguments: [("0", 0...0), ("7", 7...7), ("255", 255...255), ("0-255", 0...255), ("3-3", 3...3)])
    func nodes(text: String, nodes: ClosedRange<UInt8>) { #expect(parse(.nodes, text) == nodes) }

    @Test(
        "what are no node ids is refused",
        arguments: ["", "-", "-1", "1-", "256", "0-256", "2-1", "1-2-3", "+1", "1 - 2", "a", "1,2", "1--2"])
    func noNodes(text: String) { #expect(parse(.nodes, text) == nil) }

    @Test("shard bits are 1 to 16")
    func shardBits() {
        for bits in [1, 8, 16] { #expect(parse(.shardBits, "\(bits)")?.count == bits) }
        for text in ["0", "17", "-1", "", "8.0", "x"] { #expect(parse(.shardBits, text) == nil, "\(text)") }
    }

    @Test("prefixes of names are ASCII letters and digits, and it is said which rule one breaks")
    func namePrefixes() throws {
        #expect(parse(.namePrefix, "DES1")?.description == "DES1")
        for (text, rule) in [("", "non-empty"), ("Ä", "ASCII"), ("a-b", "letters or digits"), ("a b", "letters or")] {
            let problem = try #require(throws: SettingProblem.self) {
                try SettingKind<NamePrefix>.namePrefix.value(of: [text])
            }
            #expect(problem.message.contains(rule) && problem.message.hasSuffix("not \"\(text)\""))
        }
    }

    @Test("prefixes of keys have a slash at neither end")
    func keyPrefixes() {
        for text in ["", "a", "a/b", "ä", "a b"] { #expect(parse(.keyPrefix, text) == text) }
        for text in ["/", "/a", "a/"] { #expect(parse(.keyPrefix, text) == nil, "\(text)") }
    }

    @Test("texts and paths are anything but empty")
    func texts() {
        for text in [" ", "a", "null", "ä\n"] {
            #expect(parse(.text, text) == text)
            #expect(parse(.path, text) == text)
        }
        #expect(parse(.text, "") == nil)
        #expect(parse(.path, "") == nil)
    }

    @Test("bearer tokens have 16 characters that RFC 6750 allows")
    func bearerTokens() {
        for text in ["0123456789abcdef", "ABCXYZabcxyz-._~+/=="] { #expect(parse(.bearerToken, text) == text) }
        for text in [
            "", "0123456789abcde", "0123456789 abcdef", "0123456789abcdef\n", "0123456789abcdeé", "0123456789abcde,",
        ] {
            #expect(parse(.bearerToken, text) == nil, "\(text)")
        }
    }

    @Test("levels of logs are those of swift-log")
    func logLevels() {
        for level in Logger.Level.allCases { #expect(parse(.logLevel, level.rawValue) == level) }
        for text in ["", "verbose", "info ", "off", "0"] { #expect(parse(.logLevel, text) == nil, "\(text)") }
    }

    @Test("lists have one item or more, each of its kind, with or without blanks around commas")
    func lists() throws {
        let setting = Setting("names.numbers", .list(of: .integer(0...9)), unset: "none", help: "")
        for text in ["1,2,3", "1, 2, 3", " 1 ,2 ,  3 ", "1,2,3,", "1,,2,3"] {
            #expect(try Given(flags: [setting.key: text]).configuration([setting])[setting] == [1, 2, 3], "\(text)")
        }
        #expect(try Given().configuration([setting])[setting] == nil)
        let problems = Given(flags: [setting.key: "1,10,x"]).problems([setting])
        #expect(problems == ["--set names.numbers: expected a whole number from 0 to 9, not \"10\""])
        #expect(Given(flags: [setting.key: ","]).problems([setting]).count == 1)
    }

    @Test("what cannot be parsed is shown without control characters")
    func controlCharacters() throws {
        let problem = try #require(throws: SettingProblem.self) {
            try SettingKind<Int>.integer(0...1).value(of: ["\u{1B}[2J"])
        }
        #expect(problem.message == "expected a whole number from 0 to 1, not \"\\u{1b}[2J\"")
    }
}
