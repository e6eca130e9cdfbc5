public import DESCore
import Glibc
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
        let full = pending.withLock { pending -> [UInt8]? in
            if pending.isEmpty { pending.reserveCapacity(partByteCount + bytes.byteCount) }
            pending.append(bytes)
            guard pending.count >= partByteCount else { return nil }
            defer { pending = [] }
            return pending
        }
        if let full { try parts.add(full) }
    }

    /// There will be no object: the upload is aborted.
    public func abandon() { parts.fail(CancellationError()) }

    /// Waits for the store, and reads the tail back.
    public func commit(tail: [UInt8], byteCount: Int) throws {
        try parts.add(pending.withLock { $0 })
        parts.end()
        let result = Mutex<Result<Void, any Error>?>(nil)
        let isDone = Semaphore()
        Task { [self] in
            do {
                let etag = try await upload.value
                try await compare(tail, byteCount, etag)
                result.withLock { $0 = .success(()) }
            } catch {
                result.withLock { $0 = .failure(error) }
            }
            isDone.signal()
        }
        isDone.wait()
        try result.withLock { $0 }?.get()
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
    }

    private let state = Mutex(State())
    private let hasRoom = Semaphore(count: 1)

    /// Leaves a part for the task, once it has taken the one before.
    func add(_ part: [UInt8]) throws {
        if part.isEmpty { return }
        hasRoom.wait()
        let consumer = try state.withLock { state in
            if let failure = state.failure {
                hasRoom.signal()  // for the next call, which fails as well
                throw failure
            }
            state.waiting = part
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume()
    }

    /// No more parts come.
    func end() { wake { $0.isEnded = true } }

    /// Ends both sides with an error.
    func fail(_ error: any Error) {
        wake { state in
            if !state.isEnded { state.failure = state.failure ?? error }
        }
        hasRoom.signal()
    }

    private func wake(_ change: (inout State) -> Void) {
        let consumer = state.withLock { state in
            change(&state)
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume()
    }

    /// The next part, `nil` at the end.
    func next() async throws -> [UInt8]? {
        while true {
            let (part, isOver) = try state.withLock { state in
                if let failure = state.failure { throw failure }
                defer { state.waiting = nil }
                return (state.waiting, state.isEnded)
            }
            if let part {
                hasRoom.signal()
                return part
            }
            if isOver { return nil }
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.waiting != nil || state.isEnded || state.failure != nil { return true }
                    state.consumer = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }
}

/// A counting semaphore for threads (sem_init(3)).
private final class Semaphore: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init(count: UInt32 = 0) { sem_init(semaphore, 0, count) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func signal() { sem_post(semaphore) }

    func wait() { while sem_wait(semaphore) != 0 {} }
}
