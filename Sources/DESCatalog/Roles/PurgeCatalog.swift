public import DESCore

/// What deleting the sources of packed files needs.
public protocol PurgeCatalog: Sendable {
    /// Files that were packed longer ago than this, of committed containers, in the order of days and names.
    func packed(before age: Duration, after cursor: PackedCursor?, countMax: Int) async throws -> [PackedFile]
    /// Which of these sources a row of the queue still needs.
    func sourcesInQueue(among sources: [String]) async throws -> Set<String>
}

/// A file that was packed, and where it came from.
public struct PackedFile: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The day of its name.
    public let day: CalendarDay
    /// Where it came from.
    public let source: String
    /// The key of its container.
    public let key: String
    /// Where it lies there.
    public let place: BodyPlace
}

/// The file after which the next ones begin.
public struct PackedCursor: Sendable, Hashable {
    let day: String
    let name: String

    /// After a file.
    public init(_ file: PackedFile) { (day, name) = (file.day.description, file.name) }
}
