internal import CDESCore

/// CRC32C (Castagnoli) of bytes that may come in pieces. The CPU's instruction where there is one.
///
/// The checksum of no bytes is 0.
public struct CRC32C: Sendable, Equatable {
    /// The checksum of everything so far.
    public private(set) var value: UInt32 = 0

    /// The checksum of no bytes.
    public init() {}

    /// The checksum of `bytes` alone.
    @inline(__always)
    public static func of(_ bytes: RawSpan) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }

    /// Goes on over `bytes`.
    @inline(__always)
    public mutating func update(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { value = des_crc32c(value, $0.baseAddress, $0.count) }
    }

    /// Goes on over `byteCount` bytes whose own checksum is `crc`, without looking at them again.
    @inline(__always)
    public mutating func append(_ crc: UInt32, byteCount: Int) {
        value = des_crc32c_combine(value, crc, UInt64(byteCount))
    }
}

extension RawSpan {
    /// CRC32C of the bytes.
    var crc32c: UInt32 { CRC32C.of(self) }
}

/// Says that a checksum differs, the same way everywhere.
struct CRCMismatch: CustomStringConvertible {
    var expected: UInt32
    var found: UInt32

    var description: String { "CRC32C \(hexadecimal(found)), expected \(hexadecimal(expected))" }
}

private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
