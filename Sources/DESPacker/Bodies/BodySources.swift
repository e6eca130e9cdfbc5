internal import DESCore
internal import DESStore

/// The stores that rows name, each opened when a row first does.
actor BodySources {
    /// Opens a bucket.
    typealias Opener = @Sendable (_ bucket: String) async throws -> any ObjectStore

    private let open: Opener
    private var buckets: [String: Task<any ObjectStore, any Error>] = [:]
    private var web: WebReader?

    init(_ open: @escaping Opener) { self.open = open }

    /// Where to read a row from.
    func source(_ address: SourceAddress) async throws -> any BodySource {
        switch address {
        case .file(let path): return FileBody(path: path)
        case .object(let bucket, let key): return ObjectBody(store: try await store(bucket), key: key)
        case .web(let url):
            let reader = try web ?? WebReader()
            web = reader
            return WebBody(reader: reader, url: url)
        }
    }

    private func store(_ bucket: String) async throws -> any ObjectStore {
        let task = buckets[bucket] ?? Task { [open] in try await open(bucket) }
        buckets[bucket] = task
        do { return try await task.value } catch {
            // Whoever asks next may have more luck.
            buckets[bucket] = nil
            throw error
        }
    }
}
