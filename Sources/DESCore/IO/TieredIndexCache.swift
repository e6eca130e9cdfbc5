/// A near cache in front of a far one: memory in front of what several machines share.
public struct TieredIndexCache: IndexCache {
    private let first: any IndexCache
    private let second: any IndexCache

    /// Asks `first`, and `second` only for what is not there.
    public init(first: any IndexCache, second: any IndexCache) {
        (self.first, self.second) = (first, second)
    }

    /// The bytes stored under `key` in either. What only the second has is kept in the first from now on.
    public func bytes(for key: IndexCacheKey) async -> [UInt8]? {
        if let bytes = await first.bytes(for: key) { return bytes }
        guard let bytes = await second.bytes(for: key) else { return nil }
        await first.store(bytes, for: key)
        return bytes
    }

    /// Keeps `bytes` in both.
    public func store(_ bytes: [UInt8], for key: IndexCacheKey) async {
        await first.store(bytes, for: key)
        await second.store(bytes, for: key)
    }
}
