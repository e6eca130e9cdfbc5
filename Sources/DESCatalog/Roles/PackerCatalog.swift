public import DESCore

/// What a packer needs of a catalog. Every change of a container or its rows needs the lease of the shard, by its epoch.
public protocol PackerCatalog: Sendable {
    /// What waits to be packed in shards that nobody holds, and which of them were left by somebody who held them.
    func survey(_ order: SurveyOrder) async throws -> PackSurvey

    /// Leases a shard, and takes back what its earlier holder had claimed; `nil` if somebody else holds it.
    func acquire(_ shard: ShardID, holder: String, timeToLive: Duration) async throws -> ShardLease?
    /// Holds it for longer.
    /// - Returns: `false` if it is lost.
    func renew(_ lease: ShardLease, timeToLive: Duration) async throws -> Bool
    /// Gives it back, and everything that was claimed under it.
    func release(_ lease: ShardLease) async throws

    /// Claims marked rows of the shard for one container.
    /// - Returns: no rows, and no container, if there are none.
    /// - Throws: ``CatalogError/leaseLost``.
    func claim(_ lease: ShardLease, _ order: ClaimOrder) async throws -> [ClaimedRow]
    /// The object is there.
    /// - Throws: ``CatalogError/leaseLost``, also if the container is not being written.
    func uploaded(_ container: ContainerID, byteCount: Int, _ lease: ShardLease) async throws
    /// Makes the container visible and moves its rows from the queue to the files, or does nothing at all.
    /// - Parameters:
    ///   - entries: one for each claimed row that is in the container.
    ///   - others: the claimed rows that are not.
    /// - Throws: ``CatalogError/leaseLost``; ``CatalogError/rowsDiffer(claimed:entries:)``. After
    ///   ``DatabaseError/Kind/disconnected`` ask ``state(of:)``.
    func commit(
        _ container: ContainerID, _ entries: [PackedEntry], others: [UnpackedRow], _ lease: ShardLease) async throws
    /// Gives a container up; its rows can be claimed again. That there is no such container, or that it was given up before, is
    /// no error.
    /// - Parameter others: rows of which more is to be said than that.
    /// - Throws: ``CatalogError/leaseLost``, also if it is committed.
    func abandon(_ container: ContainerID, others: [UnpackedRow], _ lease: ShardLease) async throws
    /// Where a container stands; `nil` if it was never claimed for.
    func state(of container: ContainerID) async throws -> ContainerState?

    /// The manifest of the container is written.
    func manifested(_ container: ContainerID) async throws
    /// Committed containers whose manifests were not written within `age`, the oldest first.
    func unmanifested(for age: Duration, countMax: Int) async throws -> [CommittedContainer]
}

/// What to look at.
public struct SurveyOrder: Sendable, Hashable {
    /// No more rows of a day and shard are counted.
    public var countMax: Int
    /// Rows of this size and more are counted apart.
    public var largeByteCountMin: Int
    /// No more days and shards are looked at.
    public var placeCountMax: Int
    /// Those after this one, in the order of shards and days.
    public var after: PackPlace?

    /// What to look at.
    public init(countMax: Int, largeByteCountMin: Int, placeCountMax: Int, after: PackPlace? = nil) {
        (self.countMax, self.largeByteCountMin) = (countMax, largeByteCountMin)
        (self.placeCountMax, self.after) = (placeCountMax, after)
    }
}

/// A day and shard.
public struct PackPlace: Sendable, Hashable, Comparable {
    /// The shard.
    public let shard: ShardID
    /// The day.
    public let day: CalendarDay

    /// A day and shard.
    public init(shard: ShardID, day: CalendarDay) { (self.shard, self.day) = (shard, day) }

    /// By shard, then by day.
    public static func < (a: PackPlace, b: PackPlace) -> Bool { (a.shard, a.day) < (b.shard, b.day) }
}

/// What waits to be packed, by the clock of the database.
public struct PackSurvey: Sendable, Hashable {
    /// Rows of one day and shard.
    public struct Waiting: Sendable, Hashable {
        /// Whose rows they are.
        public var place: PackPlace
        /// How many; no more are counted than was asked for.
        public var count: Int
        /// Bytes of those that are not large, where the sizes are known.
        public var byteCount: Int
        /// How many of them are large.
        public var largeCount: Int
        /// How long the first of them has had its name.
        public var oldestAge: Duration
        /// How long the last of them has had its name.
        public var newestAge: Duration
        /// When the last of them was given its name, in milliseconds since 1970 (UTC): now and then that is in the future.
        public var newestTime = 0

        /// Rows of one day and shard.
        public init(
            place: PackPlace, count: Int, byteCount: Int, largeCount: Int = 0, oldestAge: Duration, newestAge: Duration
        ) {
            (self.place, self.count, self.byteCount) = (place, count, byteCount)
            (self.largeCount, self.oldestAge, self.newestAge) = (largeCount, oldestAge, newestAge)
        }
    }

    /// Ascending by shard and day.
    public var waiting: [Waiting] = []
    /// The last place that was looked at, if there may be more after it.
    public var last: PackPlace?
    /// Shards whose holder let the lease run out: what he had claimed can be taken back.
    public var abandonedShards: [ShardID] = []
    /// When the first lease of somebody else runs out, unless he renews it; `nil` if nobody has one.
    public var nextExpiry: Duration?
    /// The day it is, in UTC.
    public var today: CalendarDay
    /// What time it is, in milliseconds since 1970 (UTC).
    public var time = 0

    /// Nothing waits.
    public init(today: CalendarDay) { self.today = today }
}

/// The right to write containers of a shard.
public struct ShardLease: Sendable, Hashable {
    /// The shard.
    public let shard: ShardID
    /// Higher than that of every earlier holder.
    public let epoch: Int

    /// A lease of a shard.
    public init(shard: ShardID, epoch: Int) { (self.shard, self.epoch) = (shard, epoch) }
}

/// What to claim.
public struct ClaimOrder: Sendable {
    /// The container that the rows are for, made for this attempt.
    public var container: ContainerID
    /// Its key in object storage.
    public var key: String
    /// Rows of this day alone.
    public var day: CalendarDay
    /// Rows at most.
    public var countMax: Int
    /// Bytes at most, by the sizes that the rows say, but at least one row.
    public var byteCountMax: Int
    /// Rows of sizes in this range; those of an unknown size count as 0.
    public var byteCounts: Range<Int>

    /// Rows of a day for a container.
    public init(
        container: ContainerID, key: String, day: CalendarDay, countMax: Int, byteCountMax: Int,
        byteCounts: Range<Int> = 0..<Int.max
    ) {
        (self.container, self.key, self.day) = (container, key, day)
        (self.countMax, self.byteCountMax, self.byteCounts) = (countMax, byteCountMax, byteCounts)
    }
}

/// A row that was claimed.
public struct ClaimedRow: Sendable, Hashable {
    /// In the queue.
    public let id: Int
    /// What the file is called from now on.
    public let name: String
    /// Where its bytes are.
    public let source: String
    /// What it is known by at its origin, if not by its source.
    public let sourceID: String?
    /// Bytes, if it is known.
    public let size: Int?
    /// Since when it is there, in milliseconds since 1970 (UTC).
    public let createdAt: Int
    /// An object of JSON, if there is any.
    public let meta: String?
    /// How often it could not be packed.
    public let attempts: Int

    /// A row of the queue.
    public init(
        id: Int, name: String, source: String, sourceID: String? = nil, size: Int? = nil, createdAt: Int = 0,
        meta: String? = nil, attempts: Int = 0
    ) {
        (self.id, self.name, self.source, self.sourceID) = (id, name, source, sourceID)
        (self.size, self.createdAt, self.meta, self.attempts) = (size, createdAt, meta, attempts)
    }
}

/// Where a file lies in its container.
public struct PackedEntry: Sendable, Hashable {
    /// The row it comes from.
    public var rowID: Int
    /// Its name.
    public var name: String
    /// In the container.
    public var offset: Int
    /// Bytes of its body.
    public var byteCount: Int
    /// As in the container's index.
    public var flags: UInt32
    /// CRC32C of the body.
    public var crc: UInt32

    /// An entry.
    public init(rowID: Int, name: String, offset: Int, byteCount: Int, flags: UInt32, crc: UInt32) {
        (self.rowID, self.name, self.offset, self.byteCount) = (rowID, name, offset, byteCount)
        (self.flags, self.crc) = (flags, crc)
    }
}

/// What becomes of a claimed row that is not in the container.
public struct UnpackedRow: Sendable, Hashable {
    /// What becomes of it.
    public enum Fate: Sendable, Hashable {
        /// It waits as before, and no attempt is counted; `size` is what is known of it now.
        case waits(size: Int?)
        /// An attempt that failed; it is tried again after a while.
        case repeated(reason: String, after: Duration)
        /// It is given up, and a dead letter says why.
        case failed(reason: String)
    }

    /// The row.
    public var rowID: Int
    /// What becomes of it.
    public var fate: Fate

    /// A row that is not in its container.
    public init(rowID: Int, _ fate: Fate) { (self.rowID, self.fate) = (rowID, fate) }
}

/// A container that readers see.
public struct CommittedContainer: Sendable, Hashable {
    /// Its identity.
    public let id: ContainerID
    /// Its key in object storage.
    public let key: String

    /// A container.
    public init(id: ContainerID, key: String) { (self.id, self.key) = (id, key) }
}

/// Where a container stands.
public enum ContainerState: String, Sendable, CaseIterable {
    /// Rows were claimed for it.
    case writing
    /// Its object is there, and nobody sees it yet.
    case uploaded
    /// Its rows are files.
    case committed
    /// It was given up.
    case abandoned
}

/// What a catalog refuses to do.
public enum CatalogError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Somebody else holds the shard now.
    case leaseLost
    /// A commit that does not fit its claim.
    case rowsDiffer(claimed: Int, entries: Int)

    /// In words.
    public var description: String {
        switch self {
        case .leaseLost: "the lease of the shard is lost: somebody else has it"
        case .rowsDiffer(let claimed, let entries):
            "the container has \(entries) entries, but \(claimed) rows are claimed for it: nothing was committed"
        }
    }
}
