import DESCore
import Glibc
import Synchronization

/// Repeats requests that failed for a reason that may pass (``DESError/isTransient``): the only place that does.
///
/// All requests can be repeated without harm, if a repeat is read right. A create-only put whose first answer was lost finds
/// its own object in the way: then the object is read back, and it is a success only if every byte is ours. So does a
/// completion whose answer was lost, which finds its upload gone.
public final class RetryingStore<C: Clock>: ObjectStore where C.Duration == Duration {
    /// The version of the object at a key if it is, byte for byte, this body; `nil` if it is another.
    public typealias ReadBack =
        @Sendable (
            _ store: any ObjectStore, _ key: String, _ body: [UInt8]
        ) async throws -> ETag?

    private let store: any ObjectStore
    private let policy: RetryPolicy
    private let clock: C
    private let generator: Mutex<any RandomNumberGenerator & Sendable>
    private let readBack: ReadBack

    /// What messages call it.
    public var name: String { store.name }

    /// Repeats requests to `store`.
    /// - Parameter readBack: compares an object with what was to be put; ``ObjectStore/version(_:ifEqualTo:)`` reads it.
    public init(
        _ store: any ObjectStore, policy: RetryPolicy = RetryPolicy(), clock: C = ContinuousClock(),
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        readBack: @escaping ReadBack = { try await $0.version($1, ifEqualTo: $2) }
    ) {
        (self.store, self.policy, self.clock, self.readBack) = (store, policy, clock, readBack)
        self.generator = Mutex(generator)
    }

    /// Runs `request` until it succeeds, fails for good, or the policy gives up.
    /// - Parameter byteCount: what it sends or asks for: that may take long even when all is well.
    private func repeating<T>(byteCount: Int = 0, _ request: () async throws -> T) async throws -> T {
        let start = clock.now
        var policy = policy
        policy.deadline += .seconds(min(byteCount >> 14, 86_400))
        var attemptCount = 0
        while true {
            do {
                return try await request()
            } catch let error as DESError where error.isTransient {
                attemptCount += 1
                let elapsed = start.duration(to: clock.now)
                guard let delay = delay(policy, attemptCount, elapsed, error.retryAfter) else { throw error }
                try await clock.sleep(until: clock.now.advanced(by: delay), tolerance: nil)
                try Task.checkCancellation()
            }
        }
    }

    private func delay(
        _ policy: RetryPolicy, _ attemptCount: Int, _ elapsed: Duration, _ retryAfter: Duration?
    ) -> Duration? {
        generator.withLock { generator in
            var opened = generator
            defer { generator = opened }
            return policy.delay(
                afterAttempts: attemptCount, elapsed: elapsed, retryAfter: retryAfter, using: &opened)
        }
    }

    /// What is known of an object.
    public func head(_ key: String) async throws -> ObjectInfo {
        try await repeating { try await store.head(key) }
    }

    /// Bytes of an object.
    public func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try await repeating(byteCount: range.byteCountMax) { try await store.get(key, range, ifMatch: etag) }
    }

    /// Writes an object whole.
    public func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag {
        var attemptCount = 0
        do {
            return try await repeating(byteCount: body.count) {
                attemptCount += 1
                return try await store.put(key, body, mode)
            }
        } catch let error as DESError where error.code == .conflict && mode == .create && attemptCount > 1 {
            guard let etag = try await ifThere({ try await readBack(self, key, body) }) else { throw error }
            return etag
        }
    }

    /// Removes an object.
    public func delete(_ key: String) async throws {
        try await repeating { try await store.delete(key) }
    }

    /// One page of keys.
    public func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        try await repeating { try await store.list(prefix, isFlat: isFlat, after: token) }
    }

    /// A URL that reads the object.
    public func presignedURL(_ key: String, seconds: Int) async throws -> String {
        try await repeating { try await store.presignedURL(key, seconds: seconds) }
    }

    /// Begins an object of several parts. A lost answer leaves an upload that nobody knows.
    public func beginUpload(_ key: String) async throws -> UploadID {
        try await repeating { try await store.beginUpload(key) }
    }

    /// Writes a part.
    public func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart {
        try await repeating(byteCount: body.count) { try await store.putPart(key, upload, number: number, body) }
    }

    /// Makes the object of its parts.
    public func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag {
        var attemptCount = 0
        do {
            return try await repeating {
                attemptCount += 1
                return try await store.completeUpload(key, upload, parts, mode)
            }
        } catch let error as DESError where attemptCount > 1 && (error.code == .notFound || error.code == .conflict) {
            guard let info = try await ifThere({ try await head(key) }),
                info.byteCount == parts.reduce(0, { $0 + $1.byteCount }),
                try await ifThere({ try await crc(of: info) }) == crc(of: parts)
            else { throw error }
            return info.etag
        }
    }

    /// What ``PutMode/create`` is worth.
    public func createSupport(below prefix: String) async throws -> CreateSupport {
        try await repeating { try await store.createSupport(below: prefix) }
    }

    /// Forgets an upload.
    public func abortUpload(_ key: String, _ upload: UploadID) async throws {
        try await repeating { try await store.abortUpload(key, upload) }
    }

    private func crc(of parts: [UploadedPart]) -> UInt32 {
        var crc = CRC32C()
        for part in parts { crc.append(part.crc, byteCount: part.byteCount) }
        return crc.value
    }

    private func crc(of info: ObjectInfo) async throws -> UInt32? {
        var crc = CRC32C()
        try await download(info.key, ifMatch: info.etag, concurrency: 1) { crc.update($0.span.bytes) }
        return crc.value
    }

    /// `nil` if the object went or changed: whoever did that, it is not ours.
    private func ifThere<T>(_ request: () async throws -> T?) async throws -> T? {
        do {
            return try await request()
        } catch let error as DESError where error.code == .notFound || error.code == .changed {
            return nil
        }
    }
}

extension ObjectStore {
    /// The version of the object if it is, byte for byte, `body`; `nil` if it is another.
    ///
    /// Reads its size, and its bytes only if that is right: 8 MiB a request, up to the first that differ.
    public func version(_ key: String, ifEqualTo body: [UInt8]) async throws -> ETag? {
        let info = try await head(key)
        guard info.byteCount == body.count else { return nil }
        for start in stride(from: 0, to: body.count, by: 8 << 20) {
            let range = start..<min(start + 8 << 20, body.count)
            let read = try await get(key, .bytes(range), ifMatch: info.etag)
            guard areEqual(read.bytes, body[range]) else { return nil }
        }
        return info.etag
    }
}

private func areEqual(_ first: [UInt8], _ second: ArraySlice<UInt8>) -> Bool {
    guard first.count == second.count else { return false }
    return first.withUnsafeBytes { first in
        second.withUnsafeBytes { second in
            guard let a = first.baseAddress, let b = second.baseAddress else { return true }
            return memcmp(a, b, first.count) == 0
        }
    }
}
