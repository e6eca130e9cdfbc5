public import DESCore

/// A spool in a local file, from which a store of any kind is given its object.
///
/// The file has no name: with the process it is gone.
public final class FileSpool: ObjectSpool {
    /// An object of up to this many bytes is put by one request, which holds it in memory.
    public static let putByteCountMax = 64 << 20
    /// A larger one has parts of this many bytes, two of which are on their way.
    private static let partByteCount = 16 << 20
    /// Bytes that one ``publish()`` holds at most.
    private static let memoryByteCountMax = 64 << 20

    private let store: any ObjectStore
    private let key: String
    private let file: FileDescriptor
    /// Of a container that is whole; empty before.
    private let sealed = Monitor<(tail: [UInt8], byteCount: Int)?>(nil)

    /// The whole object, or some parts of it.
    public var publishByteCountMax: Int {
        min(sealed.withLock { $0?.byteCount } ?? 0, FileSpool.memoryByteCountMax)
    }

    /// Begins a file in `directory`.
    public init(_ store: any ObjectStore, key: String, directory: String) throws(DESError) {
        (self.store, self.key) = (store, key)
        file = try FileDescriptor.unnamed(in: directory, for: "a container")
    }

    /// Appends.
    public func write(_ bytes: RawSpan) throws { try file.write(bytes) }

    /// The file goes with this.
    public func abandon() {}

    /// The container is whole. It is not synced: if it is lost with this machine, it was nobody's.
    public func commit(tail: [UInt8], byteCount: Int) throws {
        try file.check(tail: tail, byteCount: byteCount)
        sealed.withLock { $0 = (tail, byteCount) }
    }

    /// Puts the object.
    public func publish() async throws {
        guard let (tail, byteCount) = sealed.withLock({ $0 }) else {
            throw DESError(.unavailable, "the container is not whole", place: store.place(key))
        }
        let isOnePut = byteCount <= FileSpool.putByteCountMax
        let pieceByteCount = isOnePut ? max(1, byteCount) : FileSpool.partByteCount
        var start = 0
        _ = try await store.upload(
            key, .create, isUnique: true, partByteCount: pieceByteCount, concurrency: 2,
            next: {
                guard start < byteCount else { return nil }
                let range = start..<min(start + pieceByteCount, byteCount)
                start = range.upperBound
                return try await BlockingPool.shared.run { [self] in try file.read(range) }
            })
        try await store.check(key, tail: tail, byteCount: byteCount)
    }
}

extension ObjectStore {
    /// The object has `byteCount` bytes, and ends with `tail`.
    ///
    /// Whatever its ETag is: `rclone serve s3` has another one for the completion of an upload than for the object.
    func check(_ key: String, tail: [UInt8], byteCount: Int) async throws {
        let found = try await get(key, .suffix(tail.count), ifMatch: nil)
        guard found.byteCount == byteCount, found.bytes == tail else {
            throw DESError(
                .corrupt, "what was read back differs from what was written", offset: byteCount - tail.count,
                place: place(key))
        }
    }
}
