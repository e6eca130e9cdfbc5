import Testing

@testable import DESCore

@Suite("The cache in memory")
struct MemoryIndexCacheTests {
    @Test("it answers like a list that is searched, over random operations", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func model(seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        // Room for about ten of the thirty keys.
        let byteCountMax = 10 * (RecentlyUsedItems.overheadByteCount + 200)
        let cache = MemoryIndexCache(byteCountMax: byteCountMax)
        var model = SearchedList(byteCountMax: byteCountMax)
        for step in 0..<5_000 {
            let object = "bucket/object \(Int.random(in: 0..<10, using: &random))"
            let start = Int.random(in: 0..<3, using: &random) * 4_096
            let key = IndexCacheKey(object: object, range: start..<start + 4_096)
            if Bool.random(using: &random) {
                #expect(await cache.bytes(for: key) == model.bytes(for: key), "seed \(seed), step \(step)")
            } else {
                // Now and then larger than everything.
                let isHuge = Int.random(in: 0..<50, using: &random) == 0
                let count = isHuge ? byteCountMax : Int.random(in: 0..<400, using: &random)
                let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: count)
                await cache.store(bytes, for: key)
                model.store(bytes, for: key)
            }
            #expect(cache.byteCount == model.byteCount, "seed \(seed), step \(step)")
            #expect(cache.byteCount <= byteCountMax, "seed \(seed), step \(step)")
        }
        #expect(cache.counts == model.counts, "seed \(seed)")
        #expect(cache.counts.evictions > 100 && cache.counts.hits > 100, "seed \(seed): nothing was tried")
    }

    @Test("what fills the bound exactly is kept, one byte more is not and evicts nothing")
    func bound() async {
        let key = IndexCacheKey(object: "o", range: 0..<1)
        let room = 1_000
        let cache = MemoryIndexCache(byteCountMax: room + 1 + RecentlyUsedItems.overheadByteCount)
        await cache.store([UInt8](repeating: 1, count: room), for: key)
        #expect(await cache.bytes(for: key)?.count == room)
        await cache.store(
            [UInt8](repeating: 2, count: room + 1), for: IndexCacheKey(object: "p", range: 0..<1))
        #expect(await cache.bytes(for: key)?.count == room)
        #expect(cache.counts.stores == 1)
        #expect(cache.counts.evictions == 0)
    }

    @Test("the range and the version are part of the key")
    func keys() async {
        let cache = MemoryIndexCache(byteCountMax: 10_000)
        await cache.store([1], for: IndexCacheKey(object: "o#v1", range: 0..<10))
        #expect(await cache.bytes(for: IndexCacheKey(object: "o#v1", range: 0..<11)) == nil)
        #expect(await cache.bytes(for: IndexCacheKey(object: "o#v2", range: 0..<10)) == nil)
        #expect(await cache.bytes(for: IndexCacheKey(object: "o#v1", range: 0..<10)) == [1])
    }

    @Test("many tasks at a time get their own bytes and lose no count")
    func concurrency() async {
        let cache = MemoryIndexCache(byteCountMax: 40 * (RecentlyUsedItems.overheadByteCount + 64))
        let wrong = await withTaskGroup(of: Int.self) { group in
            for task in 0..<16 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(task))
                    var wrong = 0
                    for _ in 0..<2_000 {
                        let number = Int.random(in: 0..<100, using: &random)
                        let key = IndexCacheKey(object: "object", range: number..<number + 1)
                        if let bytes = await cache.bytes(for: key) {
                            wrong += bytes == [UInt8](repeating: UInt8(number), count: 50) ? 0 : 1
                        } else {
                            await cache.store([UInt8](repeating: UInt8(number), count: 50), for: key)
                        }
                    }
                    return wrong
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
        let counts = cache.counts
        #expect(counts.hits + counts.misses == 32_000)
        #expect(counts.stores == counts.misses)
        #expect(cache.byteCount <= 40 * (RecentlyUsedItems.overheadByteCount + 64))
    }
}

/// The same cache in the plainest way: a list, the most recently used last.
private struct SearchedList {
    let byteCountMax: Int
    var items: [(key: IndexCacheKey, bytes: [UInt8])] = []
    var counts = IndexCacheCounts()

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    var byteCount: Int { items.reduce(0) { $0 + $1.bytes.count + $1.key.object.utf8.count + 256 } }

    mutating func bytes(for key: IndexCacheKey) -> [UInt8]? {
        guard let place = items.firstIndex(where: { $0.key == key }) else {
            counts.misses += 1
            return nil
        }
        counts.hits += 1
        items.append(items.remove(at: place))
        return items.last?.bytes
    }

    mutating func store(_ bytes: [UInt8], for key: IndexCacheKey) {
        guard bytes.count + key.object.utf8.count + 256 <= byteCountMax else { return }
        items.removeAll { $0.key == key }
        items.append((key, bytes))
        counts.stores += 1
        while byteCount > byteCountMax {
            items.removeFirst()
            counts.evictions += 1
        }
    }
}
