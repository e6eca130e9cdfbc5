/// A moment in UTC with nanoseconds, written as RFC 3339: `2026-01-31T09:05:00.123456789Z`.
public struct Timestamp: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public var seconds: Int
    /// 0 to 999,999,999.
    public var nanoseconds: Int

    /// A moment from seconds since 1970 and nanoseconds within that second.
    public init(seconds: Int, nanoseconds: Int) {
        (self.seconds, self.nanoseconds) = (seconds, nanoseconds)
    }

    /// Parses RFC 3339 in UTC (`Z` or `+00:00`) with 0 to 9 digits of a second.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            return bytes[range].reduce(0 as Int?) { sum, byte in
                guard let sum, (0x30...0x39).contains(byte) else { return nil }
                return sum * 10 + Int(byte - 0x30)
            }
        }
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19),
            hour < 24, minute < 60, second < 61
        else { return nil }
        var end = 19
        nanoseconds = 0
        if bytes[end] == UInt8(ascii: ".") {
            let digits = bytes[20...].prefix { (0x30...0x39).contains($0) }.count
            guard (1...9).contains(digits), let fraction = number(20..<20 + digits) else { return nil }
            nanoseconds = (digits..<9).reduce(fraction) { value, _ in value * 10 }
            end = 20 + digits
        }
        let zone = String(decoding: bytes[end...], as: UTF8.self)
        guard zone == "Z" || zone == "+00:00" else { return nil }
        guard let date = CalendarDay(year: year, month: month, day: day) else { return nil }
        seconds = date.number * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// RFC 3339, nanoseconds, UTC. A year outside 0 to 9999 has no such form: `nil`.
    public var text: String? {
        guard isInYearRange else { return nil }
        var bytes = [UInt8]()
        encode(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The year has four digits.
    var isInYearRange: Bool { (-62_167_219_200..<253_402_300_800).contains(seconds) }

    /// Appends RFC 3339 of a time whose year has four digits.
    func encode(into bytes: inout [UInt8]) {
        let day = seconds.flooredDivision(by: 86_400)
        let (year, month, dayOfMonth) = CalendarDay.date(ofDay: day)
        let second = seconds - day * 86_400
        bytes.append(decimal: year, width: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: month, width: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: dayOfMonth, width: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.append(decimal: second / 3_600, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second / 60 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second % 60, width: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: nanoseconds, width: 9)
        bytes.append(UInt8(ascii: "Z"))
    }
}
