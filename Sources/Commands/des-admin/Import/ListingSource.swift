import DESCatalog
import DESCore
import DESStore

/// The objects below a prefix, as rows.
struct ListingSource: ImportSource {
    let name: String
    private let store: any ObjectStore
    private let prefix: String
    private let url: @Sendable (String) -> String
    /// Gave the page that is being taken.
    private var token: String?
    private var page: ArraySlice<ObjectInfo> = []
    /// Of the page after it; the outer is `nil` before the first page, the inner after the last one.
    private var nextToken: String?? = .none
    private var lastKey: String?
    /// Of pages that brought nothing new, since the last object.
    private var idleTokens: Set<String> = []
    /// The token is that of an earlier process: the store may not know it any more.
    private var isResumed = false

    init(_ store: any ObjectStore, prefix: String, name: String, url: @escaping @Sendable (String) -> String) {
        (self.store, self.prefix, self.name, self.url) = (store, prefix, name, url)
    }

    mutating func resume(at position: String) async throws -> String? {
        guard let json = try? JSON(parsing: position), let key = json["key"]?.stringValue else { return nil }
        token = json["token"]?.stringValue
        lastKey = key
        isResumed = true
        return "the key after \(key)"
    }

    mutating func next(_ countMax: Int) async throws -> ImportBatch? {
        var batch = ImportBatch()
        while batch.files.count < countMax {
            if page.isEmpty {
                if case .some(.none) = nextToken { break }
                try await turn()
                continue
            }
            let object = page.removeFirst()
            // An import that goes on begins with a page that was taken in part.
            if let lastKey, !ListingSource.precedes(lastKey, object.key) { continue }
            lastKey = object.key
            idleTokens = []
            batch.files.append(
                NewFile(source: url(object.key), size: object.byteCount, createdAt: object.modified))
            batch.lines.append(0)
        }
        guard !batch.files.isEmpty else { return nil }
        batch.position = position
        return batch
    }

    /// Reads the next page.
    private mutating func turn() async throws {
        if let following = nextToken { token = following }
        let answer: ListPage
        do { answer = try await store.list(prefix, isFlat: true, after: token) } catch let error as DESError
            where isResumed && token != nil && error.code == .invalidArgument
        {
            // From the start then; what comes up to the last key is passed over.
            token = nil
            answer = try await store.list(prefix, isFlat: true, after: nil)
        }
        (page, nextToken) = (answer.objects[...], .some(answer.next))
        // A store that turns in circles is an error, and not listed for ever.
        if let next = answer.next, !idleTokens.insert(next).inserted {
            throw DESError(.unavailable, "lists a page a second time", place: store.place(prefix))
        }
    }

    private var position: String {
        var members = [JSON.Member("key", .string(lastKey ?? ""))]
        if let token { members.append(JSON.Member("token", .string(token))) }
        return JSON.object(members).text
    }

    private static func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }
}
