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

    @Test("any moment, node and sequence is read back, its bytes add up to the checksum, and later values are greater")
    func layout() throws {
        var random = SeededGenerator(seed: 20_260_131)
        let last = CalendarDay.last.milliseconds.upperBound - 1
        for round in 0..<2_000 {
            // Half of them where bits of the fields are all 0 or all 1.
            let moment =
                round % 2 == 0
                ? Int.random(in: 0...last, using: &random)
                : (Int.random(in: 1...5, using: &random) << 32) - Int.random(in: 0...1, using: &random)
            let (node, sequence) = (UInt8.random(in: 0...255, using: &random), [0, 1, 127, 255][round % 4] as UInt8)
            let value = NameValue(milliseconds: moment, node: node, sequence: sequence)
            let comment: Comment = "\(moment) ms, node \(node), sequence \(sequence)"
            #expect(value.bits == UInt64(moment % (1 << 32)) * 65_536 + UInt64(node) * 256 + UInt64(sequence), comment)
            #expect((value.node, value.sequence) == (node, sequence), comment)

            let name = DESName(
                prefix: .standard, day: try #require(CalendarDay(milliseconds: moment)), value: value)
            let read = try DESName(name.description)
            #expect(read == name && read.milliseconds == moment, comment)
            let digits = Array(name.description.utf8.suffix(16).prefix(12))
            let sum = try stride(from: 0, to: 12, by: 2).reduce(0) { sum, place in
                let pair = String(decoding: digits[place..<place + 2], as: UTF8.self)
                return sum + (try #require(Int(pair, radix: 16)))
            }
            #expect(Int(value.checksum) == sum % 256, comment)

            // What comes next of the same node, in the same millisecond or the next.
            let next =
                sequence < 255
                ? NameValue(milliseconds: moment, node: node, sequence: sequence + 1)
                : NameValue(milliseconds: moment + 1, node: node, sequence: 0)
            #expect(value < next || (moment + 1) % NameValue.periodMilliseconds == 0, comment)
            #expect(next.bits != value.bits)
        }
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

    @Test("the time of a name is written for any day there is, also one before 1970")
    func timeText() throws {
        #expect(try DESName("DES_19690101_(21BCAA000100_88)").time.text == "1969-01-24T13:54:01.344000000Z")
        #expect(try DESName("TEST_20250101_(21BCAA000100_88)").time.text == "2025-01-01T12:00:00.000000000Z")
        // Noon of its day lies in the year 0, its own moment in the one before, which has no such form.
        #expect(try DESName("DES_00000101_(21BCAA000100_88)").time.text == nil)
        #expect(try DESName("DES_00000101_(21BCAA000100_88)").members(bits: .standard, keyPrefix: "").count == 8)
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
