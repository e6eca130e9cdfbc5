/// A near cache in front of a far one: memory in front of what several machines share.
///
/// Nobody waits until the far one has stored something: that goes on beside, up to a number of stores; what is more is
/// not stored there.
public struct TieredIndexCache: IndexCache {
    private let first: any IndexCache
    private let second: any IndexCache
    private let storing = Monitor(0)

    /// Stores under way in the second cache.
    private static let storingCountMax = 64

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

    /// Keeps `bytes` in the first, and soon in the second.
    public func store(_ bytes: [UInt8], for key: IndexCacheKey) async {
        await first.store(bytes, for: key)
        let isAdmitted = storing.withLock { count in
            if count < TieredIndexCache.storingCountMax { count += 1 } else { return false }
            return true
        }
        guard isAdmitted else { return }
        Task {
            await second.store(bytes, for: key)
            storing.withLock { $0 -= 1 }
        }
    }

    /// Whether all that was to be stored in the second is.
    package var isSettled: Bool { storing.withLock { $0 == 0 } }
}
