public import DESCore

/// What taking whole days out of a catalog and its store needs.
public protocol RetentionCatalog: Sendable {
    /// Days that are older than this, with all that the catalog knows of them, ascending.
    func expired(after age: Duration) async throws -> [ExpiredDay]
    /// Takes a day out, in one transaction: its files are not known any more, and its containers are abandoned. That it was
    /// done before is no error.
    /// - Parameter containers: all that are committed.
    /// - Throws: ``RepairRefused`` if others are, or something of that day is on its way.
    func retire(_ day: CalendarDay, _ containers: [ContainerID]) async throws
    /// Forgets an abandoned container, of which there is no object any more.
    func forget(_ container: ContainerID) async throws
}

/// A day that may go.
public struct ExpiredDay: Sendable, Hashable {
    /// Of the names.
    public var day: CalendarDay
    /// Its files.
    public var fileCount: Int
    /// All its containers, whatever their state.
    public var containers: [ContainerRecord]
    /// Rows of that day that are still in the queue.
    public var queuedCount: Int
}
