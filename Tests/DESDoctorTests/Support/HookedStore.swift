import DESCore
import DESStore

/// A store of which a test says who answers each request.
struct HookedStore: ObjectStore {
    /// What messages call it.
    let name: String
    /// Is asked before each request, by operation and key.
    let answering: @Sendable (StoreOperation, String) async throws -> any ObjectStore

    func head(_ key: String) async throws -> ObjectInfo { try await answering(.head, key).head(key) }

    func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try await answering(.get, key).get(key, range, ifMatch: etag)
    }

    func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag {
        try await answering(.put, key).put(key, body, mode)
    }

    func delete(_ key: String) async throws { try await answering(.delete, key).delete(key) }

    func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        try await answering(.list, prefix).list(prefix, isFlat: isFlat, after: token)
    }

    func presignedURL(_ key: String, seconds: Int) async throws -> String {
        try await answering(.presign, key).presignedURL(key, seconds: seconds)
    }

    func beginUpload(_ key: String) async throws -> UploadID { try await answering(.beginUpload, key).beginUpload(key) }

    func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart {
        try await answering(.putPart, key).putPart(key, upload, number: number, body)
    }

    func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag {
        try await answering(.completeUpload, key).completeUpload(key, upload, parts, mode)
    }

    func abortUpload(_ key: String, _ upload: UploadID) async throws {
        try await answering(.abortUpload, key).abortUpload(key, upload)
    }

    func createSupport(below prefix: String) async throws -> CreateSupport { .full }
}
