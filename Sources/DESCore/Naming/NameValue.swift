/// The 48 bits of a name that no other name has: 32 of time, 8 of the node, 8 that count.
///
///     31                             0 7      0 7      0
///     low bits of epoch milliseconds    node    sequence
public struct NameValue: Sendable, Hashable, Comparable {
    /// The 48 bits.
    public let bits: UInt64

    /// Values of one node in one millisecond.
    static let countPerMillisecond = 256
    /// Time repeats after so many milliseconds: 49.7 days.
    static let periodMilliseconds = 1 << 32

    /// A value from its 48 bits; `nil` for more.
    public init?(bits: UInt64) {
        guard bits >> 48 == 0 else { return nil }
        self.bits = bits
    }

    /// The value of a moment, in milliseconds since 1970 (UTC).
    public init(milliseconds: Int, node: UInt8, sequence: UInt8) {
        bits = UInt64(UInt32(truncatingIfNeeded: milliseconds)) << 16 | UInt64(node) << 8 | UInt64(sequence)
    }

    /// Who made it.
    public var node: UInt8 { UInt8(truncatingIfNeeded: bits >> 8) }
    /// The how manieth of its millisecond and node it is, from 0.
    public var sequence: UInt8 { UInt8(truncatingIfNeeded: bits) }
    /// The sum of the six bytes, modulo 256.
    public var checksum: UInt8 {
        (0..<6).reduce(0) { $0 &+ UInt8(truncatingIfNeeded: bits >> ($1 * 8)) }
    }

    /// When it was made, in milliseconds since 1970 (UTC): of all moments with these 32 bits the one nearest to the middle
    /// of `day`, and so right for a name whose day is at most 24 days from it.
    public func milliseconds(near day: CalendarDay) -> Int {
        let middle = day.milliseconds.lowerBound + CalendarDay.millisecondCount / 2
        let difference = Int32(truncatingIfNeeded: Int(bits >> 16) - middle)
        return middle + Int(difference)
    }

    /// In the order in which one node makes them, within a period.
    public static func < (a: NameValue, b: NameValue) -> Bool { a.bits < b.bits }
}
