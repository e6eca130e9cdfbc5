/// A cache in memory, bounded by bytes: the least recently used items go first.
///
/// An item counts with its bytes, the text of its key and 256 bytes, an estimate of the bookkeeping. Any number of tasks
/// may use it at a time.
public final class MemoryIndexCache: IndexCache {
    private struct State {
        var items: RecentlyUsedItems
        var counts = IndexCacheCounts()
    }

    /// The one of this process, of 64 MiB.
    public static let shared = MemoryIndexCache(byteCountMax: 64 << 20)

    private let state: Monitor<State>

    /// An empty cache that never holds more than `byteCountMax` bytes.
    public init(byteCountMax: Int) {
        state = Monitor(State(items: RecentlyUsedItems(byteCountMax: byteCountMax)))
    }

    /// What it did so far.
    public var counts: IndexCacheCounts { state.withLock { $0.counts } }

    /// What it holds now, keys and bookkeeping included.
    public var byteCount: Int { state.withLock { $0.items.byteCount } }

    /// The bytes stored under `key`, `nil` if there are none.
    public func bytes(for key: IndexCacheKey) async -> [UInt8]? {
        state.withLock { state in
            let bytes = state.items.bytes(for: key)
            if bytes == nil { state.counts.misses += 1 } else { state.counts.hits += 1 }
            return bytes
        }
    }

    /// Keeps `bytes`, and lets older items go for them. What is larger than the whole bound is not kept.
    public func store(_ bytes: [UInt8], for key: IndexCacheKey) async {
        state.withLock { state in
            guard let evictionCount = state.items.store(bytes, for: key) else { return }
            state.counts.stores += 1
            state.counts.evictions += evictionCount
        }
    }
}
