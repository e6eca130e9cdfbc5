import CDESCore

/// SHA-256 (FIPS 180-4), and HMAC with it (RFC 2104).
package enum SHA256 {
    static let byteCount = 32

    package static func of(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { digest, count in
            bytes.withUnsafeBytes { des_sha256($0.baseAddress, $0.count, digest.baseAddress) }
            count = byteCount
        }
    }

    static func authenticate(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        let blockByteCount = 64
        var block = key.count > blockByteCount ? of(key) : key
        block += [UInt8](repeating: 0, count: blockByteCount - block.count)
        return of(block.map { $0 ^ 0x5c } + of(block.map { $0 ^ 0x36 } + bytes))
    }
}
