public import DESCore

/// A place in S3 as people type it: `s3://bucket/key`.
public struct S3Location: Sendable {
    /// The bucket's name.
    public var bucket: String
    /// All that follows the first slash, byte for byte, nothing decoded; empty is the bucket itself.
    public var key: String

    /// Whether `text` is meant to be one, right or wrong.
    public static func isMeant(by text: String) -> Bool { text.utf8.starts(with: "s3:".utf8) }

    /// Parses `s3://bucket[/key]`.
    public init(parsing text: String) throws(DESError) {
        // Bytes: a combining mark after a slash would make another character of it.
        let bytes = text.utf8
        let bucket = bytes.dropFirst(5).prefix { $0 != UInt8(ascii: "/") }
        guard bytes.starts(with: "s3://".utf8), !bucket.isEmpty else {
            throw DESError(.invalidArgument, "\"\(text)\": expected s3://bucket/key")
        }
        self.bucket = String(decoding: bucket, as: UTF8.self)
        key = String(decoding: bytes[bucket.endIndex...].dropFirst(), as: UTF8.self)
        _ = try BucketName(self.bucket)
        guard key.utf8.count <= UploadLimits.keyByteCountMax else {
            throw DESError(
                .invalidArgument,
                "the key has \(key.utf8.count) bytes, at most \(UploadLimits.keyByteCountMax) are allowed")
        }
    }
}
