public import DESCore
import Synchronization

/// Streams a container into a store while it is written: nothing is kept locally but the parts on their way.
///
/// Its calls block until the store has taken what came before, and stores work on ``BlockingPool/shared``: they belong on
/// threads of another pool. The object appears whole when the container is committed, or never.
/// Memory: ``partByteCount`` times the parts on their way and two.
public final class ObjectSink: ByteSink, Sendable {
    private static let concurrency = 4

    private let store: any ObjectStore
    private let key: String
    private let partByteCount: Int
    private let parts: Handoff<[UInt8]>
    private let pending = Mutex<[UInt8]>([])
    private let upload: Task<ETag, any Error>

    /// Begins to write the object at `key`.
    /// - Parameters:
    ///   - isUnique: see ``ObjectStore/upload(_:_:isUnique:partByteCount:concurrency:next:)``.
    public init(
        _ store: any ObjectStore, key: String, _ mode: PutMode, isUnique: Bool = false, partByteCount: Int = 8 << 20
    ) {
        (self.store, self.key, self.partByteCount) = (store, key, partByteCount)
        let parts = Handoff<[UInt8]>()
        self.parts = parts
        upload = Task {
            do {
                return try await store.upload(
                    key, mode, isUnique: isUnique, partByteCount: partByteCount, concurrency: ObjectSink.concurrency,
                    next: { try await parts.next() })
            } catch {
                parts.fail(error)
                throw error
            }
        }
    }

    deinit { abandon() }

    /// Hands over what fills a part; waits while too many are on their way.
    public func write(_ bytes: RawSpan) throws {
        var offset = 0
        while offset < bytes.byteCount {
            let full = pending.withLock { pending -> [UInt8]? in
                if pending.isEmpty { pending.reserveCapacity(partByteCount) }
                let taken = min(partByteCount - pending.count, bytes.byteCount - offset)
                pending.append(bytes.extracting(offset..<offset + taken))
                offset += taken
                return pending.count == partByteCount ? pending.take() : nil
            }
            if let full { try parts.add(full) }
        }
    }

    /// There will be no object: the upload is aborted, soon; see ``waitUntilOver()``.
    public func abandon() { parts.fail(CancellationError()) }

    /// Waits until nothing of it is on its way any more: the object is there, or the parts of its upload are gone.
    public func waitUntilOver() async { _ = await upload.result }

    /// Waits for the store, and reads the tail back.
    public func commit(tail: [UInt8], byteCount: Int) throws {
        let rest = pending.withLock { $0.take() }
        if !rest.isEmpty { try parts.add(rest) }
        parts.end()
        let result = Monitor<Result<Void, any Error>?>(nil)
        Task { [self] in
            do {
                _ = try await upload.value
                try await store.check(key, tail: tail, byteCount: byteCount)
                result.update { $0 = .success(()) }
            } catch {
                result.update { $0 = .failure(error) }
            }
        }
        try result.wait { $0 }.get()
    }
}

extension Array {
    /// The elements, which are gone from here.
    fileprivate mutating func take() -> Self {
        defer { self = [] }
        return self
    }
}
