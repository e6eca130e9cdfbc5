public import DESCore

/// What making a catalog from containers needs.
public protocol RebuildCatalog: Sendable {
    /// Why nothing can be restored into this catalog, `nil` if it can: it is in use, and rows that wait would be packed twice.
    func obstacleToRebuild() async throws -> String?
    /// Restores a committed container and its files, in one transaction. Of a name that another one has as well, the container
    /// with the higher epoch keeps it, then the one with the lower id. One that has no name then is restored as abandoned.
    /// Doing it again changes nothing.
    /// - Returns: how many files are in this container.
    func restore(_ container: ContainerRecord, _ files: [RestoredFile]) async throws -> Int

    /// The highest epoch that any row of the catalog has, and the last that was given.
    func highestEpoch() async throws -> Int
    /// No epoch up to this one is given any more.
    /// - Returns: the last epoch that counts as given now.
    func raiseEpochs(to epoch: Int) async throws -> Int
}

/// A file, as its container knows it.
public struct RestoredFile: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Where it came from.
    public var source: String
    /// What it is known by at its origin, if not by its source.
    public var sourceID: String?
    /// Where it lies.
    public var place: BodyPlace

    /// A file.
    public init(name: String, source: String, sourceID: String?, place: BodyPlace) {
        (self.name, self.source, self.sourceID, self.place) = (name, source, sourceID, place)
    }
}
