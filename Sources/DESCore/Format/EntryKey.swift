internal import CDESCore

/// The sort key of a name: bytes 8..<16 of SHA-256(name), big-endian.
///
/// INDEX is in ascending (key, name) order. Shards use the leading bits of the same digest, so that the names of one
/// shard are still spread evenly here.
public struct EntryKey: Sendable, Hashable, Comparable {
    /// The 64 bits.
    public let rawValue: UInt64

    /// The key of the name's UTF-8 bytes.
    @inline(__always)
    public init(_ name: RawSpan) {
        rawValue = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
            name.withUnsafeBytes {
                des_sha256($0.baseAddress, $0.count, digest.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
            return UInt64(bigEndian: digest.load(fromByteOffset: 8, as: UInt64.self))
        }
    }

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The top 32 bits: what ROOT holds of a page's first key.
    var top: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    /// Ascending as an unsigned integer.
    public static func < (a: EntryKey, b: EntryKey) -> Bool { a.rawValue < b.rawValue }
}
