import Testing

@testable import DESCore

@Suite("Timestamps")
struct TimestampTests {
    // Made with: (datetime.fromisoformat(text + "+00:00") - epoch) // timedelta(seconds=1); year 0 by hand.
    static let calendar: [(String, Int)] = [
        ("0000-01-01T00:00:00", -62_167_219_200), ("0001-01-01T00:00:00", -62_135_596_800),
        ("1600-02-29T12:00:00", -11_670_955_200), ("1900-02-28T23:59:59", -2_203_891_201),
        ("1900-03-01T00:00:00", -2_203_891_200), ("1969-07-20T20:17:40", -14_182_940), ("1969-12-31T23:59:59", -1),
        ("1970-01-01T00:00:00", 0), ("2000-02-29T23:59:59", 951_868_799), ("2000-03-01T00:00:00", 951_868_800),
        ("2024-02-29T00:00:00", 1_709_164_800), ("2024-12-31T23:59:59", 1_735_689_599),
        ("2026-01-31T09:05:00", 1_769_850_300), ("2038-01-19T03:14:08", 2_147_483_648),
        ("2100-02-28T23:59:59", 4_107_542_399), ("2100-03-01T00:00:00", 4_107_542_400),
        ("9999-12-31T23:59:59", 253_402_300_799),
    ]

    @Test("text and seconds agree with Python's calendar, both ways", arguments: calendar)
    func vectors(text: String, seconds: Int) throws {
        #expect(Timestamp(seconds: seconds, nanoseconds: 0).text == text + ".000000000Z")
        #expect(Timestamp(text + "Z") == Timestamp(seconds: seconds, nanoseconds: 0))
        #expect(Timestamp(text + "+00:00") == Timestamp(seconds: seconds, nanoseconds: 0))
    }

    @Test("fractions count from the left: one to nine digits, kept to the nanosecond, before 1970 too")
    func fractions() throws {
        for (digits, nanoseconds) in [
            ("1", 100_000_000), ("000000001", 1), ("999999999", 999_999_999), ("0", 0), ("12345678", 123_456_780),
        ] {
            #expect(Timestamp("1969-12-31T23:59:59.\(digits)Z") == Timestamp(seconds: -1, nanoseconds: nanoseconds))
        }
        #expect(Timestamp(seconds: -1, nanoseconds: 1).text == "1969-12-31T23:59:59.000000001Z")
        #expect(Timestamp(seconds: 0, nanoseconds: 999_999_999).text == "1970-01-01T00:00:00.999999999Z")
    }

    @Test("every moment with a year of four digits survives text and back", arguments: 0..<4 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let moment = Timestamp(
                seconds: .random(in: -62_167_219_200...253_402_300_799, using: &generator),
                nanoseconds: .random(in: 0...999_999_999, using: &generator))
            let text = try #require(moment.text)
            #expect(text.utf8.count == 30)
            #expect(Timestamp(text) == moment)
        }
    }

    @Test("a year outside 0 to 9999 has no text", arguments: [-62_167_219_201, 253_402_300_800, .min, .max])
    func outside(seconds: Int) {
        #expect(Timestamp(seconds: seconds, nanoseconds: 0).text == nil)
    }

    @Test(
        "what is not RFC 3339 in UTC is refused",
        arguments: [
            "", "Z", "2026-01-31", "2026-01-31T09:05:00", "2026-01-31T09:05Z", "2026-01-31 09:05:00Z",
            "2026-01-31T09:05:00.Z", "2026-01-31T09:05:00.0123456789Z", "2026-01-31T09:05:00,5Z",
            "2026-01-31T09:05:00+01:00", "2026-01-31T09:05:00-00:30", "2026-01-31T09:05:00Zx", "2026-01-31T09:05:00ZZ",
            "2026-00-31T09:05:00Z", "2026-13-31T09:05:00Z", "2026-01-00T09:05:00Z", "2026-01-32T09:05:00Z",
            "2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:05:61Z", "2026-1-31T09:05:00Z",
            "+026-01-31T09:05:00Z", "-026-01-31T09:05:00Z", "2026-01-31T09:05:0:Z", "2026-01-31T09:05:00.-1Z",
            "2026-01-31T09:05:00.1", "2026-01-31T09:05:00\u{301}Z", "10000-01-01T00:00:00Z", "20260131T090500.0000Z",
            "２026-01-31T09:05:00Z",
        ])
    func malformed(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(
        "a day that its month does not have is refused",
        arguments: ["2026-02-29", "2026-02-30", "2024-02-30", "1900-02-29", "2100-02-29", "2026-04-31", "2026-11-31"])
    func impossibleDays(day: String) {
        #expect(Timestamp(day + "T00:00:00Z") == nil)
    }
}
