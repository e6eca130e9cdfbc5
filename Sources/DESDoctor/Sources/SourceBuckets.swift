import DESStore

/// The buckets that sources are in, each opened when a source first names it.
actor SourceBuckets {
    private let open: SourcePurge.Opener
    private var stores: [String: Task<any ObjectStore, any Error>] = [:]

    init(_ open: @escaping SourcePurge.Opener) { self.open = open }

    func store(_ bucket: String) async throws -> any ObjectStore {
        let task = stores[bucket] ?? Task { [open] in try await open(bucket) }
        stores[bucket] = task
        return try await task.value
    }
}
