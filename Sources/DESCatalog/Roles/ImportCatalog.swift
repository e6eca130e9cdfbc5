public import DESCore

/// What an import needs of a catalog.
public protocol ImportCatalog: Sendable {
    /// Queues the files that are neither queued nor packed yet, and notes how far `input` has come, in one transaction.
    /// - Returns: how many are new.
    func enqueue(_ files: [NewFile], from input: String, _ progress: ImportProgress) async throws -> Int
    /// How far an import of `input` has come that did not end.
    func progress(of input: String) async throws -> ImportProgress?
    /// The import has come to its end; the next one of this input begins anew.
    func endImport(of input: String) async throws
}

/// A file to queue.
public struct NewFile: Sendable, Hashable {
    /// Where its bytes are.
    public var source: String
    /// What it is known by, if not by its source. What is known already is not queued again.
    public var sourceID: String?
    /// Bytes.
    public var size: Int?
    /// Since when it is there; now if that is not known.
    public var createdAt: Timestamp?
    /// An object of JSON.
    public var meta: String?

    /// A file.
    public init(
        source: String, sourceID: String? = nil, size: Int? = nil, createdAt: Timestamp? = nil, meta: String? = nil
    ) {
        (self.source, self.sourceID, self.size) = (source, sourceID, size)
        (self.createdAt, self.meta) = (createdAt, meta)
    }
}

/// How far an import has come.
public struct ImportProgress: Sendable, Hashable {
    /// Where it goes on: a byte of a file, a key of a listing.
    public var position: String
    /// Rows that were read so far.
    public var rowCount: Int

    /// So far.
    public init(position: String, rowCount: Int) { (self.position, self.rowCount) = (position, rowCount) }
}
