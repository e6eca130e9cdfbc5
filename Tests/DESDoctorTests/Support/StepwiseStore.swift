import DESCore
import DESStore
import Synchronization

/// A store of which one request goes wrong, by its number.
final class StepwiseStore: ObjectStore {
    /// What goes wrong.
    enum Fault: Sendable {
        /// It is not reached, or refuses.
        case error(DESError)
        /// The process is killed before it is sent, and nothing comes after.
        case death
        /// A bit of the answer is wrong, in this answer only.
        case flip
        /// The answer ends early, in this answer only.
        case cut
    }

    /// The process is killed.
    struct Death: Error {}

    private struct State {
        var count = 0
        var deleted: [String] = []
    }

    private let store: any ObjectStore
    private let place: Int
    private let fault: Fault?
    private let state = Mutex(State())

    var name: String { store.name }
    /// Requests so far.
    var count: Int { state.withLock { $0.count } }
    /// Keys that were to be deleted.
    var deleted: [String] { state.withLock { $0.deleted } }

    /// - Parameter place: the number of the request, from 0 on.
    init(_ store: any ObjectStore, _ fault: Fault? = nil, at place: Int = .max) {
        (self.store, self.fault, self.place) = (store, fault, place)
    }

    private func run<T>(_ request: () async throws -> T, spoil: (inout T, Fault) -> Void = { _, _ in }) async throws
        -> T
    {
        let number = state.withLock { state in
            defer { state.count += 1 }
            return state.count
        }
        if case .death = fault, number >= place { throw Death() }
        guard number == place, let fault else { return try await request() }
        if case .error(let error) = fault { throw error }
        var answer = try await request()
        spoil(&answer, fault)
        return answer
    }

    func head(_ key: String) async throws -> ObjectInfo { try await run { try await store.head(key) } }

    func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try await run {
            try await store.get(key, range, ifMatch: etag)
        } spoil: { answer, fault in
            guard !answer.bytes.isEmpty else { return }
            switch fault {
            case .flip: answer.bytes[answer.bytes.count / 2] ^= 4
            case .cut: answer.bytes.removeLast()
            case .error, .death: break
            }
        }
    }

    func delete(_ key: String) async throws {
        try await run {
            state.withLock { $0.deleted.append(key) }
            try await store.delete(key)
        }
    }

    func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        try await run {
            try await store.list(prefix, isFlat: isFlat, after: token)
        } spoil: { page, fault in
            // A listing that breaks off and does not say so.
            guard case .cut = fault else { return }
            page.next = nil
            if !page.objects.isEmpty { page.objects.removeLast() }
        }
    }

    func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag {
        try await run { try await store.put(key, body, mode) }
    }

    func presignedURL(_ key: String, seconds: Int) async throws -> String {
        try await store.presignedURL(key, seconds: seconds)
    }

    func beginUpload(_ key: String) async throws -> UploadID { try await store.beginUpload(key) }

    func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart {
        try await store.putPart(key, upload, number: number, body)
    }

    func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag { try await store.completeUpload(key, upload, parts, mode) }

    func abortUpload(_ key: String, _ upload: UploadID) async throws { try await store.abortUpload(key, upload) }

    func createSupport(below prefix: String) async throws -> CreateSupport {
        try await store.createSupport(below: prefix)
    }
}
