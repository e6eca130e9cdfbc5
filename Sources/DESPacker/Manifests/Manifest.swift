public import DESCatalog
public import DESCore

/// What is in a container, for those who ask many of them at once. It is made from the container, and can be made again.
public struct Manifest: Sendable {
    /// A file of it.
    public struct Row: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Where its body lies.
        public var place: BodyPlace
        /// META, an object of JSON.
        public var meta: [UInt8]

        /// A file.
        public init(name: String, place: BodyPlace, meta: [UInt8]) {
            (self.name, self.place, self.meta) = (name, place, meta)
        }
    }

    /// The container.
    public var container: CommittedContainer
    /// In the order of INDEX.
    public var rows: [Row]

    /// The manifest of a container.
    public init(container: CommittedContainer, rows: [Row]) { (self.container, self.rows) = (container, rows) }
}

/// Writes manifests where they are found.
public protocol ManifestWriter: Sendable {
    /// Writes one; the one that is there is replaced, as it says the same.
    func write(_ manifest: Manifest) async throws
}
