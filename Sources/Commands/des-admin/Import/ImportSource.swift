import DESCatalog
import DESCore

/// Where files to import come from: lines of a file, objects of a listing.
protocol ImportSource: Sendable {
    /// What an import of this is known by.
    var name: String { get }

    /// Goes on where an earlier import stopped.
    /// - Returns: where that is, in words; `nil` if the position is not one of this source any more: it begins anew.
    mutating func resume(at position: String) async throws -> String?

    /// The next rows, at most `countMax`; `nil` at the end, or when reading was interrupted.
    mutating func next(_ countMax: Int) async throws -> ImportBatch?
}

/// Rows that are queued in one transaction.
struct ImportBatch: Sendable {
    /// A line that is no row.
    struct Problem: Sendable {
        let place: String
        let message: String
    }

    /// The rows.
    var files: [NewFile] = []
    /// Of each row: its line, or 0 if it has none.
    var lines: [Int] = []
    /// What is no row.
    var problems: [Problem] = []
    /// Where the next batch begins.
    var position = ""
    /// Bytes that were read for it.
    var byteCount = 0

    /// Rows and what is no row.
    var readCount: Int { files.count + problems.count }

    /// Rows of more bytes make a batch of fewer rows: two batches are in memory.
    static let byteCountMax = 32 << 20
}
