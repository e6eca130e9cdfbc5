import Testing

@testable import DESCore

@Suite("Names")
struct DESNameTests {
    @Test(
        "a value is time, node and sequence; a name says it with its checksum",
        arguments: [
            (0 as UInt8, "TEST_20250101_(21BCAA000100_88)"), (1, "TEST_20250101_(21BCAA000101_89)"),
            (2, "TEST_20250101_(21BCAA000102_8A)"),
        ])
    func vectors(sequence: UInt8, text: String) throws {
        let moment = 1_735_732_800_000
        let name = DESName(
            prefix: try NamePrefix("TEST"), day: try #require(CalendarDay(milliseconds: moment)),
            value: NameValue(milliseconds: moment, node: 1, sequence: sequence))
        #expect(name.description == text)
        #expect(try DESName(text) == name)
        #expect(try DESName(text).milliseconds == moment)
        #expect((name.value.node, name.value.sequence) == (1, sequence))
    }

    @Test("the checksum is the sum of the six bytes")
    func checksum() {
        #expect(NameValue(bits: 0x1234_5678_9ABC)?.checksum == 106)
        #expect(NameValue(bits: 1 << 48) == nil)
    }

    @Test("any value, day and prefix is read back as it was written; any other byte in it is an error")
    func roundTrip() throws {
        for seed in 0..<50 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let prefix = (0..<Int.random(in: 1...64, using: &random)).map { _ in
                "aZ09xY".randomElement(using: &random) ?? "a"
            }
            let day = try #require(CalendarDay(number: Int.random(in: -719_528...2_932_896, using: &random)))
            let bits = UInt64.random(in: 0..<1 << 48, using: &random)
            let name = DESName(
                prefix: try NamePrefix(String(prefix)), day: day, value: try #require(NameValue(bits: bits)))
            let text = name.description
            #expect(try DESName(text) == name, "seed \(seed)")
            // A changed digit is found by the checksum or the calendar; in the day it may be another day.
            var bytes = Array(text.utf8)
            let place = bytes.count - Int.random(in: 1...18, using: &random)
            let old = bytes[place]
            bytes[place] = UInt8(ascii: "0") + UInt8.random(in: 0..<10, using: &random)
            if bytes[place] != old {
                #expect(throws: DESError.self, "seed \(seed)") { try DESName(String(decoding: bytes, as: UTF8.self)) }
            }
        }
    }

    @Test(
        "what is no name is said to be none",
        arguments: [
            "", "DES", "_20250101_(21BCAA000100_88)", "DES_20250101_(21BCAA000100_89)",
            "DES_20250230_(21BCAA000100_88)",
            "DES_20250101_(21bcaa000100_88)", "DES_20250101_(21BCAA000100_88) ", "DES_20250101_(21BCAA00010_88)",
            "D-S_20250101_(21BCAA000100_88)", "DÉS_20250101_(21BCAA000100_88)", "DES_20251301_(21BCAA000100_88)",
            "DES_20250101_[21BCAA000100_88)", "DES_20250101_(21BCAA000100_88)\n", "a/b_20250101_(21BCAA000100_88)",
        ])
    func refused(text: String) {
        let error = #expect(throws: DESError.self) { try DESName(text) }
        #expect(error?.code == .invalidArgument)
    }

    @Test(
        "a prefix is refused in the words of the earlier service",
        arguments: [
            ("", "prefix must be non-empty"), ("ü", "prefix must contain only ASCII characters"),
            ("a-b", "prefix may only use letters or digits"), (" ", "prefix may only use letters or digits"),
        ])
    func prefixes(text: String, message: String) {
        let error = #expect(throws: DESError.self) { try NamePrefix(text) }
        #expect(error?.message == message)
    }

    @Test("the time of a name is right up to 24 days around its day")
    func time() throws {
        let day = try #require(CalendarDay("2026-01-31"))
        for days in -24...24 {
            let moment =
                day.milliseconds.lowerBound + CalendarDay.millisecondCount / 2 + days * CalendarDay.millisecondCount
            #expect(NameValue(milliseconds: moment, node: 0, sequence: 0).milliseconds(near: day) == moment)
        }
    }

    @Test("days are those of the calendar, and nothing else is one")
    func days() {
        #expect(CalendarDay("1970-01-01")?.number == 0)
        #expect(CalendarDay(milliseconds: -1)?.description == "1969-12-31")
        #expect(CalendarDay(milliseconds: 1_735_732_800_000)?.description == "2025-01-01")
        #expect(CalendarDay("2000-02-29") != nil && CalendarDay("1900-02-29") == nil)
        #expect(CalendarDay(compact: "20260131")?.description == "2026-01-31")
        #expect(CalendarDay("9999-12-31") != nil && CalendarDay(number: 2_932_897) == nil)
        for text in [
            "", "2026-1-31", "2026-01-32", "2026-13-01", "2026-00-10", "+026-01-01", "2026/01/31", "2026-01-31 ",
        ] {
            #expect(CalendarDay(text) == nil, "\(text)")
        }
    }
}
