public import DESCore

/// What comparing a catalog with its object store needs, and mending what differs.
public protocol RepairCatalog: Sendable {
    /// Which catalog it is, and what time it is there.
    func identity() async throws -> CatalogIdentity
    /// Days that have containers or files, ascending.
    func days() async throws -> [CalendarDay]
    /// All containers of a day, whatever their state.
    func containers(of day: CalendarDay) async throws -> [ContainerRecord]
    /// How many files of a day are in which container, as of one moment; `nil` if the files of that day were detached.
    func fileCounts(of day: CalendarDay) async throws -> [FileCount]?
    /// Files of a day, by their names.
    func files(named names: [String], of day: CalendarDay) async throws -> [FileRecord]
    /// Rows of the queue, by what they are known by: the id of the source, or else the source.
    func queued(knownAs identities: [String]) async throws -> [QueuedFile]

    /// Makes a container visible that is in the store and was never committed, and moves its rows, which have to be marked, to
    /// the files; or does nothing at all.
    /// - Parameter entries: one for each entry of the container, with the row that waits for it.
    /// - Throws: ``CatalogError/leaseLost``; ``RepairRefused``. After ``DatabaseError/Kind/disconnected`` ask
    ///   ``PackerCatalog/state(of:)``.
    func adopt(_ container: ContainerRecord, _ entries: [PackedEntry], _ lease: ShardLease) async throws
    /// From now on nobody can commit the container: it is abandoned, and was made so if the catalog did not know it.
    /// - Throws: ``RepairRefused`` if it is committed, or somebody is writing it.
    func forbid(_ container: ContainerRecord) async throws
    /// Writes down how many entries and bytes a committed container has.
    /// - Parameter wrong: as it is written down.
    /// - Throws: ``RepairRefused`` if that is not so any more.
    func correct(_ wrong: ContainerRecord, entryCount: Int, byteCount: Int) async throws
}

/// Which catalog it is.
public struct CatalogIdentity: Sendable, Hashable {
    /// When its tables were made, as the database wrote it down then: two catalogs hardly ever agree in that.
    public let since: String
    /// Milliseconds since 1970, by the clock of the database.
    public let now: Int

    /// A catalog.
    public init(since: String, now: Int) { (self.since, self.now) = (since, now) }
}

/// A container, as the catalog knows it.
public struct ContainerRecord: Sendable, Hashable {
    /// Its identity.
    public var id: ContainerID
    /// Its key in object storage.
    public var key: String
    /// Of its names.
    public var day: CalendarDay
    /// Of its names.
    public var shard: ShardID
    /// Of the lease under which it was written.
    public var epoch: Int
    /// Where it stands.
    public var state: ContainerState
    /// Entries, once it was committed.
    public var entryCount: Int?
    /// Bytes, once it was uploaded.
    public var byteCount: Int?
    /// Its writer still has the lease.
    public var isInWork = false

    /// A container.
    public init(
        id: ContainerID, key: String, day: CalendarDay, shard: ShardID, epoch: Int, state: ContainerState,
        entryCount: Int? = nil, byteCount: Int? = nil
    ) {
        (self.id, self.key, self.day, self.shard) = (id, key, day, shard)
        (self.epoch, self.state, self.entryCount, self.byteCount) = (epoch, state, entryCount, byteCount)
    }
}

/// Files of a day that are in one container.
public struct FileCount: Sendable, Hashable {
    /// The container that they name.
    public let container: ContainerID
    /// Where that stands; `nil` if there is none.
    public let state: ContainerState?
    /// How many.
    public let count: Int
}

/// A file that was packed.
public struct FileRecord: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The container it is in.
    public let container: ContainerID
    /// The key of that container; `nil` if there is none.
    public let key: String?
    /// Where that container stands; `nil` if there is none.
    public let state: ContainerState?
    /// Where it lies there.
    public let place: BodyPlace
}

/// A row of the queue.
public struct QueuedFile: Sendable, Hashable {
    /// In the queue.
    public let id: Int
    /// Its name, once it has one.
    public let name: String?
    /// Where its bytes are.
    public let source: String
    /// What it is known by at its origin, if not by its source.
    public let sourceID: String?
    /// Where it stands.
    public let status: QueueStatus
    /// The day of the name.
    public let day: CalendarDay?
    /// The shard of the name.
    public let shard: ShardID?

    /// A row.
    public init(
        id: Int, name: String?, source: String, sourceID: String?, status: QueueStatus, day: CalendarDay?,
        shard: ShardID?
    ) {
        (self.id, self.name, self.source, self.sourceID) = (id, name, source, sourceID)
        (self.status, self.day, self.shard) = (status, day, shard)
    }
}

/// Something is not as it was when it was decided what to do; nothing was done.
public struct RepairRefused: Error, Sendable, Hashable, CustomStringConvertible {
    /// What has changed.
    public let description: String

    init(_ description: String) { self.description = description }
}
