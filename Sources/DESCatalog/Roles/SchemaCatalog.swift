public import DESCore

/// The facts that every component of a deployment agrees on.
public struct DeploymentLayout: Sendable, Hashable {
    /// How many shards a day has.
    public var shardBits: ShardBits
    /// What names begin with.
    public var namePrefix: NamePrefix
    /// What keys begin with.
    public var keyPrefix: String

    /// These facts.
    public init(shardBits: ShardBits, namePrefix: NamePrefix, keyPrefix: String) {
        (self.shardBits, self.namePrefix, self.keyPrefix) = (shardBits, namePrefix, keyPrefix)
    }
}

/// The schema of a catalog, and the facts of its deployment.
public protocol SchemaCatalog: Sendable {
    /// What there is to do, in words.
    func pendingMigrations() async throws -> [String]
    /// Does it, and sets the layout if there is none, all in one transaction. A SQLite database is made if there is none.
    /// - Parameter accepting: is given the layout that the catalog has then; nothing is done if it throws.
    /// - Returns: what was done, in words.
    /// - Throws: ``DatabaseError/Kind/setup`` if the catalog is of a later version.
    func migrate(
        _ layout: DeploymentLayout, accepting: @Sendable (DeploymentLayout) throws -> Void
    ) async throws -> [String]
    /// The layout.
    /// - Throws: ``DatabaseError/Kind/setup`` if there is no catalog, or of another version.
    func layout() async throws -> DeploymentLayout
    /// Takes days before this one out of the files. The tables stay, detached, for whoever wants to keep or drop them.
    /// - Returns: their names.
    func detachDays(before day: CalendarDay, dryRun: Bool) async throws -> [String]
}
