/// What an operator asks a catalog.
public protocol ReportCatalog: Sendable {
    /// What there is, by status and day.
    func status() async throws -> CatalogStatus
    /// Where a file is, by its name or by its source.
    func find(_ text: String) async throws -> [CatalogEntry]
}

/// What there is.
public struct CatalogStatus: Sendable {
    /// Rows of the queue, or files, of one status and day.
    public struct Count: Sendable, Hashable {
        /// A status of the queue, or `packed`.
        public let status: String
        /// Of the name; `nil` if it has none yet.
        public let day: String?
        /// How many.
        public let count: Int
        /// Bytes, of those whose size is known.
        public let byteCount: Int
    }

    /// All counts, by status in the order of a file's life, then by day.
    public var counts: [Count] = []
    /// How long the oldest row of each status of the queue has been there.
    public var oldestAges: [String: Duration] = [:]
    /// Rows that were given up.
    public var deadLetterCount = 0
    /// Containers by state.
    public var containers: [String: Int] = [:]
}

/// A file, as the catalog knows it.
public struct CatalogEntry: Sendable, Hashable {
    /// A status of the queue, or `packed`.
    public let status: String
    /// Its name, once it has one.
    public let name: String?
    /// Where it came from.
    public let source: String
    /// The day and shard of the name.
    public let day: String?
    /// The key of its container, once it is packed.
    public let key: String?
    /// Where it begins in the container.
    public let offset: Int?
    /// Bytes: of the body in the container, or as its source said.
    public let byteCount: Int?
    /// What went wrong last.
    public let lastError: String?
}
