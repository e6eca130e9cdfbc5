import DESCore
import Synchronization

extension S3Store {
    /// Tries it once for each store: an object is created twice, and an upload completed over it.
    public func createSupport(below prefix: String) async throws -> CreateSupport {
        if let found = createSupportFound.withLock({ $0 }) { return found }
        // What is left of the longest key is enough for the name.
        let prefix = prefix.utf8.count <= UploadLimits.keyByteCountMax - 32 ? prefix : ""
        let key = prefix + ".des-probe-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let found: CreateSupport
        do {
            found = try await probe(key)
        } catch {
            try? await delete(key)
            throw error
        }
        // Who may only add objects learns what there is to learn as well.
        try? await delete(key)
        createSupportFound.withLock { $0 = found }
        return found
    }

    private func probe(_ key: String) async throws -> CreateSupport {
        let body = Array("A trial of conditional writes. This object can be deleted.".utf8)
        _ = try await put(key, body, .create)
        guard try await isRefused({ _ = try await put(key, body, .create) }) else { return .none }
        let upload = try await beginUpload(key)
        do {
            let part = try await putPart(key, upload, number: 1, body)
            let isRefused = try await isRefused { _ = try await completeUpload(key, upload, [part], .create) }
            if isRefused { try await abortUpload(key, upload) }
            return isRefused ? .full : .putOnly
        } catch {
            try? await abortUpload(key, upload)
            throw error
        }
    }

    private func isRefused(_ write: () async throws -> Void) async throws -> Bool {
        do {
            try await write()
            return false
        } catch let error as DESError where error.code == .conflict {
            return true
        }
    }
}
