import DESCore
import DESStore
import Synchronization
import TestServers

/// What goes wrong with one request.
enum StoreFault: Sendable {
    /// The store is not reached.
    case before(DESError)
    /// The store does it, its answer is lost.
    case after(DESError)
    /// The last bytes of the answer are missing.
    case truncated(Int)
    /// One bit of the answer is wrong.
    case corrupted(Int)
    /// The answer says that it begins elsewhere.
    case shifted(Int)
    /// The answer is of another version.
    case otherVersion
    /// The request waits until the gate is open.
    case held(Gate)
    /// Time goes by while the request runs.
    case slow(@Sendable () -> Void)

    /// An error that may pass, for scripts.
    static func lost(retryAfter: Duration? = nil) -> DESError {
        var error = DESError(.unavailable, "the connection was cut")
        error.isTransient = true
        error.retryAfter = retryAfter
        return error
    }
}

/// A store whose requests go wrong: by a script for each operation, and at random with a seed.
final class FaultyStore: ObjectStore {
    private struct State {
        var script: [StoreOperation: [StoreFault?]]
        var generator: SeededGenerator
        var requests: [StoreOperation] = []
    }

    private let store: any ObjectStore
    /// The share of requests, without those of the script, that fail before or after they are done.
    private let rate: Double
    private let state: Mutex<State>

    var name: String { store.name }
    /// Every request so far.
    var requests: [StoreOperation] { state.withLock { $0.requests } }

    /// `script` has the faults of the first requests of each operation, `nil` for one that works.
    init(_ store: any ObjectStore, _ script: [StoreOperation: [StoreFault?]] = [:], rate: Double = 0, seed: UInt64 = 0)
    {
        (self.store, self.rate) = (store, rate)
        state = Mutex(State(script: script, generator: SeededGenerator(seed: seed)))
    }

    private func fault(_ operation: StoreOperation) -> StoreFault? {
        state.withLock { state in
            state.requests.append(operation)
            if state.script[operation]?.isEmpty == false { return state.script[operation]?.removeFirst() }
            guard Double.random(in: 0..<1, using: &state.generator) < rate else { return nil }
            return Bool.random(using: &state.generator) ? .before(StoreFault.lost()) : .after(StoreFault.lost())
        }
    }

    private func run<T>(
        _ operation: StoreOperation, _ request: () async throws -> T, spoil: (inout T, StoreFault) -> Void = { _, _ in }
    ) async throws -> T {
        let fault = fault(operation)
        switch fault {
        case .before(let error): throw error
        case .held(let gate): try await gate.pass()
        case .slow(let wait): wait()
        default: break
        }
        var answer = try await request()
        if case .after(let error) = fault { throw error }
        if let fault { spoil(&answer, fault) }
        return answer
    }

    func head(_ key: String) async throws -> ObjectInfo {
        try await run(.head) {
            try await store.head(key)
        } spoil: { info, fault in
            if case .otherVersion = fault { info.etag = ETag("another") }
        }
    }

    func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try await run(.get) {
            try await store.get(key, range, ifMatch: etag)
        } spoil: { answer, fault in
            switch fault {
            case .truncated(let count): answer.bytes.removeLast(count)
            case .corrupted(let place): answer.bytes[place] ^= 1
            case .shifted(let count): answer.start += count
            case .otherVersion: answer.etag = ETag("another")
            default: break
            }
        }
    }

    func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag {
        try await run(.put) { try await store.put(key, body, mode) }
    }

    func delete(_ key: String) async throws {
        try await run(.delete) { try await store.delete(key) }
    }

    func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        try await run(.list) { try await store.list(prefix, isFlat: isFlat, after: token) }
    }

    func presignedURL(_ key: String, seconds: Int) async throws -> String {
        try await run(.presign) { try await store.presignedURL(key, seconds: seconds) }
    }

    func beginUpload(_ key: String) async throws -> UploadID {
        try await run(.beginUpload) { try await store.beginUpload(key) }
    }

    func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart {
        try await run(.putPart) { try await store.putPart(key, upload, number: number, body) }
    }

    func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag {
        try await run(.completeUpload) { try await store.completeUpload(key, upload, parts, mode) }
    }

    func abortUpload(_ key: String, _ upload: UploadID) async throws {
        try await run(.abortUpload) { try await store.abortUpload(key, upload) }
    }

    func createSupport(below prefix: String) async throws -> CreateSupport {
        try await store.createSupport(below: prefix)
    }
}
