/// The name of a file: `<prefix>_YYYYMMDD_(FFFFFFFFFFFF_CC)`.
///
/// F are the 48 bits of a ``NameValue`` and CC their checksum, in upper-case hexadecimal. Day and shard of a file follow
/// from its name alone.
public struct DESName: Sendable, Hashable, CustomStringConvertible {
    /// What all names of a deployment begin with.
    public let prefix: NamePrefix
    /// The day whose containers hold the file (UTC).
    public let day: CalendarDay
    /// What no other name has.
    public let value: NameValue

    /// A name from its parts.
    public init(prefix: NamePrefix, day: CalendarDay, value: NameValue) {
        (self.prefix, self.day, self.value) = (prefix, day, value)
    }

    /// Parses and checks a name.
    /// - Throws: ``DESError/Code/invalidArgument`` that says what is wrong with it.
    public init(_ text: String) throws(DESError) {
        let bytes = Array(text.utf8)
        let quoted = "\"" + text.escapingControlCharacters + "\""
        let fault = DESError(
            .invalidArgument, "\(quoted) is no name: expected PREFIX_YYYYMMDD_(12 digits 0-9 A-F, _, 2 digits)")
        // From the end: the prefix has any length.
        let tail = bytes.suffix(DESName.tailByteCount)
        let start = tail.startIndex
        guard tail.count == DESName.tailByteCount, bytes.count > DESName.tailByteCount,
            tail[start] == UInt8(ascii: "_"), tail[start + 9] == UInt8(ascii: "_"),
            tail[start + 10] == UInt8(ascii: "("),
            tail[start + 23] == UInt8(ascii: "_"), tail[start + 26] == UInt8(ascii: ")"),
            let value = DESName.number(tail[start + 11..<start + 23]).flatMap(NameValue.init(bits:)),
            let checksum = DESName.number(tail[start + 24..<start + 26])
        else { throw fault }
        guard let day = CalendarDay(digits: tail[start + 1..<start + 9]) else {
            throw DESError(.invalidArgument, "\(quoted) is no name: there is no such day")
        }
        guard checksum == value.checksum else {
            let expected = String(value.checksum, radix: 16, uppercase: true)
            throw DESError(
                .invalidArgument,
                "\(quoted) is no name: its checksum should be \(expected.count < 2 ? "0" : "")\(expected)")
        }
        self.init(prefix: try NamePrefix(String(decoding: bytes[..<start], as: UTF8.self)), day: day, value: value)
    }

    /// `_YYYYMMDD_(FFFFFFFFFFFF_CC)`
    static let tailByteCount = 27

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        digits.reduce(0 as UInt64?) { sum, byte in
            guard let sum else { return nil }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): return sum << 4 | UInt64(byte - 0x30)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): return sum << 4 | UInt64(byte - 0x37)
            default: return nil
            }
        }
    }

    /// As it is written.
    public var description: String {
        var writer = NameWriter(prefix: prefix)
        return writer.text(day, value)
    }

    /// As the name of an entry.
    public var entryName: EntryName { EntryName(unchecked: description) }

    /// When it was made, in milliseconds since 1970 (UTC), if its day is at most 24 days from that.
    public var milliseconds: Int { value.milliseconds(near: day) }

    /// The shard it belongs to.
    public func shard(bits: ShardBits) -> ShardID { ShardID(of: description, bits: bits) }
}

/// Writes names of one prefix; the parts that stay the same are kept.
struct NameWriter: Sendable {
    private let prefix: String
    private var day: CalendarDay?
    /// `YYYYMMDD`, the first character in the lowest byte.
    private var dayDigits: UInt64 = 0

    init(prefix: NamePrefix) { self.prefix = prefix.description }

    mutating func text(_ day: CalendarDay, _ value: NameValue) -> String {
        if day != self.day { (self.day, dayDigits) = (day, NameWriter.digits(of: day)) }
        let prefixCount = prefix.utf8.count
        return String(unsafeUninitializedCapacity: prefixCount + DESName.tailByteCount) { buffer in
            var place = buffer.update(fromContentsOf: prefix.utf8)
            func put(_ byte: UInt8) {
                buffer[place] = byte
                place += 1
            }
            put(UInt8(ascii: "_"))
            for shift in stride(from: 0, to: 64, by: 8) { put(UInt8(truncatingIfNeeded: dayDigits >> shift)) }
            put(UInt8(ascii: "_"))
            put(UInt8(ascii: "("))
            for shift in stride(from: 44, through: 0, by: -4) { put(NameWriter.digit(value.bits >> shift)) }
            put(UInt8(ascii: "_"))
            let checksum = UInt64(value.checksum)
            put(NameWriter.digit(checksum >> 4))
            put(NameWriter.digit(checksum))
            put(UInt8(ascii: ")"))
            return place
        }
    }

    private static func digits(of day: CalendarDay) -> UInt64 {
        let date = day.date
        var rest = UInt64(date.year * 10_000 + date.month * 100 + date.day)
        var digits: UInt64 = 0
        for _ in 0..<8 {
            digits = digits << 8 | (0x30 + rest % 10)
            rest /= 10
        }
        return digits
    }

    @inline(__always)
    private static func digit(_ value: UInt64) -> UInt8 {
        let low = UInt8(truncatingIfNeeded: value & 0xF)
        return low < 10 ? 0x30 + low : 0x37 + low
    }
}
