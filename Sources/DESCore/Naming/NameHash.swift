internal import CDESCore

/// SHA-256 of a name: what its shard comes from.
public enum NameHash {
    /// 64 hexadecimal digits, lower case.
    public static func text(of name: String) -> String {
        withDigest(of: name) { digest in
            let digits = Array("0123456789abcdef".utf8)
            return String(unsafeUninitializedCapacity: 64) { buffer in
                for (place, byte) in digest.enumerated() {
                    buffer[2 * place] = digits[Int(byte >> 4)]
                    buffer[2 * place + 1] = digits[Int(byte & 0xF)]
                }
                return 64
            }
        }
    }

    /// Calls `body` with the 32 bytes.
    static func withDigest<T>(of name: String, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        var name = name
        return name.withUTF8 { bytes in
            withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
                des_sha256(
                    bytes.baseAddress, bytes.count, digest.baseAddress?.assumingMemoryBound(to: UInt8.self))
                return body(UnsafeRawBufferPointer(digest))
            }
        }
    }
}
