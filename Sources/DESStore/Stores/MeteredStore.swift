import DESCore
import Synchronization

/// A request that a store can be asked for.
public enum StoreOperation: String, Sendable, CaseIterable {
    /// The methods of ``ObjectStore``.
    case head, get, put, delete, list, presign, beginUpload, putPart, completeUpload, abortUpload
}

/// What was asked of a store, and what it cost.
public struct StoreCounts: Sendable, Hashable {
    /// What one operation cost.
    public struct Cost: Sendable, Hashable {
        /// Requests, failed ones included.
        public var requestCount = 0
        /// Requests that threw.
        public var errorCount = 0
        /// Bytes of objects that came from the store.
        public var byteCountIn = 0
        /// Bytes of objects that went to the store.
        public var byteCountOut = 0
        /// Time in requests; those in parallel count each.
        public var time = Duration.zero

        /// Nothing yet.
        public init() {}

        /// The sum.
        public static func += (sum: inout Cost, other: Cost) {
            sum.requestCount += other.requestCount
            sum.errorCount += other.errorCount
            sum.byteCountIn += other.byteCountIn
            sum.byteCountOut += other.byteCountOut
            sum.time += other.time
        }
    }

    private var costs: [StoreOperation: Cost] = [:]

    /// Nothing yet.
    public init() {}

    /// What one operation cost.
    public subscript(operation: StoreOperation) -> Cost {
        get { costs[operation] ?? Cost() }
        set { costs[operation] = newValue }
    }

    /// What all operations cost.
    public var total: Cost { costs.values.reduce(into: Cost()) { $0 += $1 } }
}

/// Counts the requests to a store, their bytes, errors and time.
public final class MeteredStore<C: Clock>: ObjectStore where C.Duration == Duration {
    private let store: any ObjectStore
    private let clock: C
    private let current = Mutex(StoreCounts())

    /// What messages call it.
    public var name: String { store.name }

    /// Counts requests to `store`.
    public init(_ store: any ObjectStore, clock: C = ContinuousClock()) { (self.store, self.clock) = (store, clock) }

    /// What was counted so far.
    public var counts: StoreCounts { current.withLock { $0 } }

    private func counting<T>(
        _ operation: StoreOperation, byteCountOut: Int = 0, _ request: () async throws -> T,
        byteCountIn: (T) -> Int = { _ in 0 }
    ) async throws -> T {
        var cost = StoreCounts.Cost()
        cost.requestCount = 1
        cost.byteCountOut = byteCountOut
        let start = clock.now
        defer {
            cost.time = start.duration(to: clock.now)
            current.withLock { $0[operation] += cost }
        }
        do {
            let answer = try await request()
            cost.byteCountIn = byteCountIn(answer)
            return answer
        } catch {
            cost.errorCount = 1
            throw error
        }
    }

    /// What is known of an object.
    public func head(_ key: String) async throws -> ObjectInfo {
        try await counting(.head) { try await store.head(key) }
    }

    /// Bytes of an object.
    public func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try await counting(.get) {
            try await store.get(key, range, ifMatch: etag)
        } byteCountIn: {
            $0.bytes.count
        }
    }

    /// Writes an object whole.
    public func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag {
        try await counting(.put, byteCountOut: body.count) { try await store.put(key, body, mode) }
    }

    /// Removes an object.
    public func delete(_ key: String) async throws {
        try await counting(.delete) { try await store.delete(key) }
    }

    /// One page of keys.
    public func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        try await counting(.list) { try await store.list(prefix, isFlat: isFlat, after: token) }
    }

    /// A URL that reads the object.
    public func presignedURL(_ key: String, seconds: Int) async throws -> String {
        try await counting(.presign) { try await store.presignedURL(key, seconds: seconds) }
    }

    /// Begins an object of several parts.
    public func beginUpload(_ key: String) async throws -> UploadID {
        try await counting(.beginUpload) { try await store.beginUpload(key) }
    }

    /// Writes a part.
    public func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart {
        try await counting(.putPart, byteCountOut: body.count) {
            try await store.putPart(key, upload, number: number, body)
        }
    }

    /// Makes the object of its parts.
    public func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag {
        try await counting(.completeUpload) { try await store.completeUpload(key, upload, parts, mode) }
    }

    /// What ``PutMode/create`` is worth. The trial is not counted.
    public func createSupport(below prefix: String) async throws -> CreateSupport {
        try await store.createSupport(below: prefix)
    }

    /// Forgets an upload.
    public func abortUpload(_ key: String, _ upload: UploadID) async throws {
        try await counting(.abortUpload) { try await store.abortUpload(key, upload) }
    }
}
