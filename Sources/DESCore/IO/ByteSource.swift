/// Random access to immutable bytes: a file, an object, memory. A source never changes under its reader.
public protocol ByteSource: Sendable {
    /// What messages call it: a path or a URL.
    var name: String { get }

    /// What the bytes can be cached under: place and version, `nil` as long as the version is not known.
    var identity: String? { get }

    /// Whether a request costs more than reading some hundred KiB: then more is read at once, and in parallel.
    var isRemote: Bool { get }

    /// The last `byteCountMax` bytes, or all if there are fewer, and the total length; in one request.
    func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int)

    /// Exactly the bytes of `range`, which is not empty. A short answer is an error, never a short result.
    func read(_ range: Range<Int>) async throws -> [UInt8]

    /// The body of an external entry: `_bigFiles/<name>` in the directory of this source. `nil` if it has no directory.
    /// `name` is a relative path without `.` and `..`.
    func external(_ name: EntryName) async throws -> (any ByteSource)?
}

extension ByteSource {
    /// Local bytes are not cached.
    public var identity: String? { nil }
    /// Local bytes are cheap to ask for.
    public var isRemote: Bool { false }
    /// Nothing lies beside it.
    public func external(_ name: EntryName) async throws -> (any ByteSource)? { nil }
}

/// Bytes in memory.
public struct MemoryByteSource: ByteSource {
    /// What messages call it.
    public let name: String
    private let bytes: [UInt8]

    /// A source of `bytes`.
    public init(_ bytes: [UInt8], name: String = "memory") {
        (self.bytes, self.name) = (bytes, name)
    }

    /// The last bytes.
    public func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int) {
        (Array(bytes.suffix(byteCountMax)), bytes.count)
    }

    /// Exactly the bytes of `range`.
    public func read(_ range: Range<Int>) async throws -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw DESError(
                .corrupt, "the source ends at \(bytes.count), bytes up to \(range.upperBound) were expected",
                offset: bytes.count)
        }
        return Array(bytes[range])
    }
}
