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
        while !cache.isSettled { await Task.yield() }
        #expect(await far.bytes(for: key) == [5])
    }

    @Test("a far cache that takes for ever is not waited for, and not given more than 64 values at a time")
    func slow() async {
        let slow = StuckCache()
        let cache = TieredIndexCache(first: near, second: slow)
        for number in 0..<1_000 { await cache.store([1], for: IndexCacheKey(object: "o", range: 0..<number)) }
        while slow.count < 64 { await Task.yield() }
        #expect(!cache.isSettled)
        slow.release()
        while !cache.isSettled { await Task.yield() }
        #expect(slow.count == 64)
        await cache.store([1], for: key)
        while !cache.isSettled { await Task.yield() }
        #expect(slow.count == 65)
    }
}

/// Stores nothing until it is released.
private final class StuckCache: IndexCache {
    private struct State {
        var count = 0
        var isReleased = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Monitor(State())

    var count: Int { state.withLock { $0.count } }

    func bytes(for key: IndexCacheKey) async -> [UInt8]? { nil }

    func store(_ bytes: [UInt8], for key: IndexCacheKey) async {
        await withCheckedContinuation { continuation in
            let isReleased = state.withLock { state in
                state.count += 1
                if !state.isReleased { state.waiting.append(continuation) }
                return state.isReleased
            }
            if isReleased { continuation.resume() }
        }
    }

    func release() {
        let waiting = state.withLock { state in
            state.isReleased = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
