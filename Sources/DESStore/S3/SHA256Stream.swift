import CDESCore

/// SHA-256 of bytes that come in pieces, one after the other.
package final class SHA256Stream {
    private let state = des_sha256_begin()

    package init() {}

    deinit { des_sha256_free(state) }

    /// The next bytes.
    package func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { des_sha256_add(state, $0.baseAddress, $0.count) }
    }

    /// Of all of them. Nothing may be added afterwards.
    package func digest() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { digest, count in
            des_sha256_end(state, digest.baseAddress)
            count = SHA256.byteCount
        }
    }
}
