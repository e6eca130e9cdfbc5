/// A day of the Gregorian calendar in UTC, in the years 0 to 9999.
public struct CalendarDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int

    private static let all =
        CalendarDay.number(year: 0, month: 1, day: 1)...CalendarDay.number(year: 9_999, month: 12, day: 31)
    static let last = CalendarDay(unchecked: all.upperBound)
    static let millisecondCount = 86_400_000

    private init(unchecked number: Int) { self.number = number }

    /// The day that many days after 1970-01-01; `nil` outside the years 0 to 9999.
    public init?(number: Int) {
        guard CalendarDay.all.contains(number) else { return nil }
        self.number = number
    }

    /// The day of a moment, in milliseconds since 1970 (UTC); `nil` outside the years 0 to 9999.
    public init?(milliseconds: Int) {
        self.init(number: milliseconds.flooredDivision(by: CalendarDay.millisecondCount))
    }

    /// Parses `2026-01-31`.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        self.init(digits: bytes[0..<4] + bytes[5..<7] + bytes[8..<10])
    }

    /// Parses `20260131`.
    public init?(compact text: String) { self.init(digits: Array(text.utf8)[...]) }

    /// Year, month and day as eight digits.
    init?(digits: ArraySlice<UInt8>) {
        guard digits.count == 8, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        self.init(year: value / 10_000, month: value / 100 % 100, day: value % 100)
    }

    /// A date; `nil` if its month does not have that day.
    init?(year: Int, month: Int, day: Int) {
        guard (0...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        number = CalendarDay.number(year: year, month: month, day: day)
        guard date == (year, month, day) else { return nil }
    }

    /// Its moments, in milliseconds since 1970 (UTC).
    public var milliseconds: Range<Int> {
        number * CalendarDay.millisecondCount..<(number + 1) * CalendarDay.millisecondCount
    }

    /// `2026-01-31`
    public var description: String {
        let digits = Array(compact.utf8)
        return String(decoding: digits[..<4] + [0x2D] + digits[4..<6] + [0x2D] + digits[6...], as: UTF8.self)
    }

    /// `20260131`
    public var compact: String {
        let (year, month, day) = date
        var bytes = [UInt8]()
        bytes.append(decimal: year * 10_000 + month * 100 + day, width: 8)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Earlier days first.
    public static func < (a: CalendarDay, b: CalendarDay) -> Bool { a.number < b.number }

    // Days since 1970 of the proleptic Gregorian calendar, with years that begin in March so that the leap day is last.

    private static func number(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = shifted.flooredDivision(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Year, month and day of the month.
    var date: (year: Int, month: Int, day: Int) { CalendarDay.date(ofDay: number) }

    static func date(ofDay number: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}

extension Int {
    /// The quotient rounded down, also of negative numbers. `divisor` is positive.
    func flooredDivision(by divisor: Int) -> Int { self >= 0 ? self / divisor : (self - divisor + 1) / divisor }
}
