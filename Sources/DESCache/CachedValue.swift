internal import DESCore

/// What is stored in Redis under a key: a header of 16 bytes, then the bytes.
///
///     "DES" 1     4 bytes, the version last
///     length      UInt64, little-endian
///     checksum    UInt32, little-endian: CRC32C of the key, then the bytes
///
/// The key is part of the checksum, so that a value that was stored under another key is not taken for this one's.
enum CachedValue {
    static let headerByteCount = 16

    static func of(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] { header(of: bytes[...], key: key) + bytes }

    /// The bytes in `value`, `nil` if they are not what was stored under `key`.
    static func bytes(of value: [UInt8], key: [UInt8]) -> [UInt8]? {
        let bytes = value.dropFirst(headerByteCount)
        return value.prefix(headerByteCount).elementsEqual(header(of: bytes, key: key)) ? Array(bytes) : nil
    }

    private static func header(of bytes: ArraySlice<UInt8>, key: [UInt8]) -> [UInt8] {
        var crc = CRC32C()
        crc.update(key.span.bytes)
        crc.update(bytes.span.bytes)
        var header = Array("DES\u{1}".utf8)
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { header.append(contentsOf: $0) }
        withUnsafeBytes(of: crc.value.littleEndian) { header.append(contentsOf: $0) }
        return header
    }
}
