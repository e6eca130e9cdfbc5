/// Keeps parts of INDEX and CHECKSUMS, ROOT and its neighbours, so that they are not fetched again.
///
/// A cache is never in the way: it answers in bounded time, and what goes wrong inside it is a miss. What it returns is
/// checked like what a source returns.
public protocol IndexCache: Sendable {
    /// The bytes stored under `key`, `nil` if there are none.
    func bytes(for key: IndexCacheKey) async -> [UInt8]?

    /// Keeps `bytes` for as long as there is room.
    func store(_ bytes: [UInt8], for key: IndexCacheKey) async
}

/// A range of one version of one object.
public struct IndexCacheKey: Sendable, Hashable {
    /// Place and version: ``ByteSource/identity``.
    public var object: String
    /// Bytes of the object.
    public var range: Range<Int>

    /// The key of a range of an object.
    public init(object: String, range: Range<Int>) { (self.object, self.range) = (object, range) }
}
