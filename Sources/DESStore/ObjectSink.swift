public import DESCore
import Synchronization

/// Streams a container into a store while it is written: nothing is kept locally but the parts on their way.
///
/// Its calls block, so they belong on ``BlockingPool``. The object appears whole when the container is committed, or never.
/// Memory: ``partByteCount`` times the parts on their way and two.
public final class ObjectSink: ByteSink, Sendable {
    private static let concurrency = 4

    private let store: any ObjectStore
    private let key: String
    private let partByteCount: Int
    private let parts: PartQueue
    private let pending = Mutex<[UInt8]>([])
    private let upload: Task<ETag, any Error>

    /// Begins to write the object at `key`.
    /// - Parameters:
    ///   - isUnique: see ``ObjectStore/upload(_:_:isUnique:partByteCount:concurrency:next:)``.
    public init(
        _ store: any ObjectStore, key: String, _ mode: PutMode, isUnique: Bool = false, partByteCount: Int = 8 << 20
    ) {
        (self.store, self.key, self.partByteCount) = (store, key, partByteCount)
        let parts = PartQueue()
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

    /// There will be no object: the upload is aborted.
    public func abandon() { parts.fail(CancellationError()) }

    /// Waits for the store, and reads the tail back.
    public func commit(tail: [UInt8], byteCount: Int) throws {
        try parts.add(pending.withLock { $0.take() })
        parts.end()
        let result = Monitor<Result<Void, any Error>?>(nil)
        Task { [self] in
            do {
                let etag = try await upload.value
                try await compare(tail, byteCount, etag)
                result.update { $0 = .success(()) }
            } catch {
                result.update { $0 = .failure(error) }
            }
        }
        try result.wait { $0 }.get()
    }

    private func compare(_ tail: [UInt8], _ byteCount: Int, _ etag: ETag) async throws {
        let found = try await store.get(key, .suffix(tail.count), ifMatch: etag)
        guard found.byteCount == byteCount, found.bytes == tail else {
            throw DESError(
                .corrupt, "what was read back differs from what was written", offset: byteCount - tail.count,
                place: store.place(key))
        }
    }
}

/// One part that waits between a thread that writes and a task that uploads.
private final class PartQueue: Sendable {
    private struct State {
        var waiting: [UInt8]?
        var isEnded = false
        var failure: (any Error)?
        var consumer: CheckedContinuation<Void, Never>?

        /// Whether the task has something to do.
        var isReady: Bool { waiting != nil || isEnded || failure != nil }
    }

    private let state = Monitor(State())

    /// Leaves a part for the task, once it has taken the one before.
    func add(_ part: [UInt8]) throws {
        if part.isEmpty { return }
        try state.wait { state -> Void? in
            if let failure = state.failure { throw failure }
            guard state.waiting == nil else { return nil }
            state.waiting = part
            return ()
        }
        wakeConsumer()
    }

    /// No more parts come.
    func end() {
        state.update { $0.isEnded = true }
        wakeConsumer()
    }

    /// Ends both sides with an error.
    func fail(_ error: any Error) {
        state.update { state in
            if !state.isEnded { state.failure = state.failure ?? error }
        }
        wakeConsumer()
    }

    private func wakeConsumer() {
        state.withLock { $0.consumer.take() }?.resume()
    }

    /// The next part, `nil` at the end.
    func next() async throws -> [UInt8]? {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if !state.isReady { state.consumer = continuation }
                return state.isReady
            }
            if isReady { continuation.resume() }
        }
        return try state.update { state in
            if let failure = state.failure { throw failure }
            return state.waiting.take()
        }
    }
}

extension Array {
    /// The elements, which are gone from here.
    fileprivate mutating func take() -> Self {
        defer { self = [] }
        return self
    }
}
