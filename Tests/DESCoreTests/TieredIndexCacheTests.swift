import Testing

@testable import DESCore

@Suite("A near cache in front of a far one")
struct TieredIndexCacheTests {
    private let near = MemoryIndexCache(byteCountMax: 10_000)
    private let far = MemoryIndexCache(byteCountMax: 10_000)
    private let key = IndexCacheKey(object: "bucket/object#tag", range: 0..<4)

    @Test("what only the far one has is asked for there once")
    func promotion() async {
        await far.store([1, 2, 3, 4], for: key)
        let cache = TieredIndexCache(first: near, second: far)
        #expect(await cache.bytes(for: key) == [1, 2, 3, 4])
        #expect(await cache.bytes(for: key) == [1, 2, 3, 4])
        #expect(far.counts.hits == 1)
        #expect(near.counts.hits == 1)
    }

    @Test("both keep what is stored, and a miss of both is a miss")
    func both() async {
        let cache = TieredIndexCache(first: near, second: far)
        #expect(await cache.bytes(for: key) == nil)
        await cache.store([5], for: key)
        #expect(await near.bytes(for: key) == [5])
        #expect(await far.bytes(for: key) == [5])
    }
}
