internal import Glibc

/// The identity of a container: 16 bytes, a UUID version 7 (RFC 9562) when we make it.
public struct ContainerID: Sendable, Hashable, CustomStringConvertible {
    /// The 16 bytes, most significant first.
    public let bytes: [UInt8]

    /// No identity: 16 zeros.
    public static let none = ContainerID(unchecked: [UInt8](repeating: 0, count: 16))

    /// An identity from its 16 bytes, `nil` for another count.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Parses the usual 36 characters, lower case.
    public init?(_ text: String) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        var bytes = [UInt8]()
        for place in stride(from: 0, to: digits.count - 1, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
        guard description == text else { return nil }
    }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// A new version 7 UUID: 48 bits of `milliseconds` since 1970 (UTC), then 74 random bits.
    public init(milliseconds: Int64, using generator: inout some RandomNumberGenerator) {
        var bytes = [UInt8]()
        let high =
            UInt64(truncatingIfNeeded: milliseconds) << 16 | 0x7000 | UInt64.random(in: 0...0xFFF, using: &generator)
        let low = UInt64.random(in: 0..<1 << 62, using: &generator) | 1 << 63
        for word in [high, low] { withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) } }
        self.bytes = bytes
    }

    /// When it was made, in milliseconds since 1970 (UTC), if it is a version 7 UUID.
    public var milliseconds: Int? {
        bytes[6] >> 4 == 7 ? bytes[..<6].reduce(0) { $0 << 8 | Int($1) } : nil
    }

    /// The usual 36 characters, lower case.
    public var description: String {
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}
