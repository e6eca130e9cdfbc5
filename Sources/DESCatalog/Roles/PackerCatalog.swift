public import DESCore

/// What a packer needs of a catalog. Every change of a container or its rows needs the lease of the shard, by its epoch.
public protocol PackerCatalog: Sendable {
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
    /// - Throws: ``CatalogError/leaseLost``.
    func uploaded(_ container: ContainerID, byteCount: Int, _ lease: ShardLease) async throws
    /// Makes the container visible and moves its rows from the queue to the files, or does nothing at all.
    /// - Parameter entries: one for each claimed row.
    /// - Throws: ``CatalogError/leaseLost``; ``CatalogError/rowsDiffer(claimed:entries:)``. After
    ///   ``DatabaseError/Kind/disconnected`` ask ``state(of:)``.
    func commit(_ container: ContainerID, _ entries: [PackedEntry], _ lease: ShardLease) async throws
    /// Gives a container up; its rows can be claimed again.
    func abandon(_ container: ContainerID, _ lease: ShardLease) async throws
    /// Where a container stands; `nil` if it was never claimed for.
    func state(of container: ContainerID) async throws -> ContainerState?
}

/// The right to write containers of a shard.
public struct ShardLease: Sendable, Hashable {
    /// The shard.
    public let shard: ShardID
    /// Higher than that of every earlier holder.
    public let epoch: Int
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

    /// Rows of a day for a container.
    public init(container: ContainerID, key: String, day: CalendarDay, countMax: Int, byteCountMax: Int) {
        (self.container, self.key, self.day) = (container, key, day)
        (self.countMax, self.byteCountMax) = (countMax, byteCountMax)
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
    /// Bytes, if it is known.
    public let size: Int?
    /// An object of JSON, if there is any.
    public let meta: String?
}

/// Where a file lies in its container.
public struct PackedEntry: Sendable, Hashable {
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
    public init(name: String, offset: Int, byteCount: Int, flags: UInt32, crc: UInt32) {
        (self.name, self.offset, self.byteCount) = (name, offset, byteCount)
        (self.flags, self.crc) = (flags, crc)
    }
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
