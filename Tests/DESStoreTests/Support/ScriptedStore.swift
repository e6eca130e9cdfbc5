import DESCore
import DESStore
import Synchronization

/// A store that answers listings with pages of a script, the last one for ever, and has nothing else.
final class ScriptedStore: ObjectStore {
    let name = "scripted:"
    private let pages: [ListPage]
    private let asked = Mutex<[String?]>([])

    init(pages: [ListPage]) { self.pages = pages }

    /// The tokens of all requests.
    var tokens: [String?] { asked.withLock { $0 } }

    func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        let number = asked.withLock { asked in
            asked.append(token)
            return asked.count - 1
        }
        return pages[min(number, pages.count - 1)]
    }

    private var nothing: DESError { DESError(.unsupported, "only listings are scripted", place: name) }

    func head(_ key: String) async throws -> ObjectInfo { throw nothing }
    func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes { throw nothing }
    func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag { throw nothing }
    func delete(_ key: String) async throws { throw nothing }
    func presignedURL(_ key: String, seconds: Int) async throws -> String { throw nothing }
    func beginUpload(_ key: String) async throws -> UploadID { throw nothing }
    func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart {
        throw nothing
    }
    func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag { throw nothing }
    func abortUpload(_ key: String, _ upload: UploadID) async throws { throw nothing }
    func createSupport(below prefix: String) async throws -> CreateSupport { throw nothing }
}
