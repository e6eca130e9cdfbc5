import Testing

@testable import DESCore

/// Reads over a source that is far away: what is asked for, in how many steps, and what is kept.
@Suite("Remote reader")
struct RemoteReaderTests {
    /// A far source; `holes` cannot be read.
    private final class FarSource: ByteSource {
        let name = "far"
        let identity: String? = "far#1"
        let isRemote = true
        private let source: any ByteSource
        private let fails: @Sendable (Range<Int>) -> Bool
        private let wait: @Sendable () async -> Void

        init(
            _ source: any ByteSource, fails: @escaping @Sendable (Range<Int>) -> Bool = { _ in false },
            wait: @escaping @Sendable () async -> Void = {}
        ) {
            (self.source, self.fails, self.wait) = (source, fails, wait)
        }

        func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int) {
            try await source.readTail(byteCountMax)
        }

        func read(_ range: Range<Int>) async throws -> [UInt8] {
            await wait()
            if fails(range) { throw DESError(.unavailable, "a hole") }
            return try await source.read(range)
        }
    }

    /// Keeps everything; `lie` changes what it gives back.
    private final class TestCache: IndexCache {
        private let values = Monitor<[IndexCacheKey: [UInt8]]>([:])
        let lie: @Sendable ([UInt8]) -> [UInt8]?

        init(lie: @escaping @Sendable ([UInt8]) -> [UInt8]? = { $0 }) { self.lie = lie }

        var count: Int { values.withLock { $0.count } }
        func bytes(for key: IndexCacheKey) async -> [UInt8]? { values.withLock { $0[key] }.flatMap(lie) }
        func store(_ bytes: [UInt8], for key: IndexCacheKey) async { values.withLock { $0[key] = bytes } }
    }

    private final class Counter: Sendable {
        private let count = Monitor(0)

        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    private static let many = Result { try container(60_000) }
    private static let seed: UInt64 = 20_260_131

    /// A clustered container of `count` entries with bodies of very different sizes, some empty, some large.
    private static func container(_ count: Int) throws -> (bytes: [UInt8], bodies: [EntryName: [UInt8]]) {
        var random = SeededGenerator(seed: seed)
        var bodies: [EntryName: [UInt8]] = [:]
        for number in 0..<count {
            let size =
                switch Int.random(in: 0..<200, using: &random) {
                case 0: 0
                case 1: Int.random(in: 100_000..<140_000, using: &random)
                default: 1 << Int.random(in: 3...13, using: &random)
                }
            bodies[try EntryName("object-\(number)")] = [UInt8](repeating: UInt8(number & 255), count: size)
        }
        let order = bodies.sorted {
            ($0.value.count >= Limits.smallBodyByteCountMax ? 1 : 0, $0.key.key, $0.key)
                < ($1.value.count >= Limits.smallBodyByteCountMax ? 1 : 0, $1.key.key, $1.key)
        }
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        for (name, body) in order { try writer.append(name, body: body.span.bytes) }
        #expect(try writer.seal().isClustered)
        return (sink.bytes, bodies)
    }

    @Test(
        "a cold read is two round trips in at least 95 % of reads, never more than three, and 144 KiB besides the window"
    )
    func coldReads() async throws {
        let (bytes, bodies) = try Self.many.get()
        let memory = MemoryByteSource(bytes)
        var random = SeededGenerator(seed: Self.seed)
        let names = bodies.keys.sorted().shuffled(using: &random).prefix(400)
        var twoTrips = 0
        for name in names {
            let source = CountingByteSource(FarSource(memory))
            let (_, content) = try #require(try await ContainerReader(source).read(name))
            #expect(content == bodies[name])
            // The end; page, checksums and window together; and the body, if the window missed it.
            #expect(source.counts.reads <= 5)
            if source.counts.reads <= 4 { twoTrips += 1 }
            #expect(source.counts.bytes - content.count <= 144 << 10 + 512 << 10, "\(name)")
        }
        #expect(Double(twoTrips) >= 0.95 * Double(names.count), "\(twoTrips) of \(names.count), seed \(Self.seed)")
    }

    @Test("page, checksums and window are asked for at the same time")
    func parallel() async throws {
        let (bytes, bodies) = try Self.many.get()
        // The checksums of the first page are far from the end of the container, which is in hand.
        let name = try #require(bodies.keys.min { ($0.key, $0) < ($1.key, $1) })
        let begun = Counter()
        // Nothing is answered before all three are under way.
        let source = FarSource(
            MemoryByteSource(bytes),
            wait: {
                begun.add()
                var patience = 1_000_000
                while begun.value < 3, patience > 0 {
                    patience -= 1
                    await Task.yield()
                }
                if patience == 0 { Issue.record("a read waits for another one") }
            })
        #expect(try await ContainerReader(source).read(name)?.content == bodies[name])
        #expect(begun.value == 3)
    }

    @Test("with a smaller window the answer is the same, and a window that cannot be read is no error")
    func windows() async throws {
        let (bytes, bodies) = try Self.container(5_000)
        let memory = MemoryByteSource(bytes)
        let data = try await ContainerReader(memory).layout.data
        for byteCount in [0, 1, 4_096, 64 << 10] {
            var options = ContainerReader.Options()
            options.windowByteCount = byteCount
            let broken = FarSource(memory) { byteCount > 0 && $0.count == byteCount && data.covers($0) }
            let reader = try await ContainerReader(broken, options: options)
            for name in bodies.keys.sorted().prefix(200) where bodies[name]?.count != byteCount {
                #expect(try await reader.read(name)?.content == bodies[name], "window \(byteCount), \(name)")
            }
        }
    }

    @Test("a name that is not there costs one page, and no bytes of DATA are believed")
    func absent() async throws {
        let (bytes, _) = try Self.container(20_000)
        let source = CountingByteSource(FarSource(MemoryByteSource(bytes)))
        let reader = try await ContainerReader(source)
        #expect(try await reader.read(EntryName("nobody")) == nil)
        // The end, the page, its checksums if they are not at the end too, and the window.
        #expect((3...4).contains(source.counts.reads))
    }

    @Test("tasks that want the same page at the same time share one fetch")
    func sharedFetch() async throws {
        let (bytes, bodies) = try Self.container(20_000)
        let started = Counter()
        // No page is answered before every task has begun; one that comes late finds it in the cache.
        let source = CountingByteSource(
            FarSource(
                MemoryByteSource(bytes),
                wait: { while started.value < 50 { await Task.yield() } }))
        var options = ContainerReader.Options()
        options.cache = TestCache()
        let reader = try await ContainerReader(source, options: options)
        let name = try #require(bodies.keys.first)
        try await withThrowingTaskGroup(of: Entry?.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    started.add()
                    return try await reader.find(name)
                }
            }
            for try await entry in group { #expect(entry?.byteCount == bodies[name]?.count) }
        }
        #expect((2...3).contains(source.counts.reads), "the end, the page, and its checksums if they are not there too")
    }

    @Test("a page is fetched once where there is a cache, for lookups, reads and batches, also by the next reader")
    func cached() async throws {
        let (bytes, bodies) = try Self.container(20_000)
        var options = ContainerReader.Options()
        let cache = TestCache()
        options.cache = cache
        let names = bodies.keys.sorted()
        let first = CountingByteSource(FarSource(MemoryByteSource(bytes)))
        let found = try await ContainerReader(first, options: options).find(names)
        #expect(found.allSatisfy { $0 != nil } && cache.count > 100)

        let second = CountingByteSource(FarSource(MemoryByteSource(bytes)))
        let reader = try await ContainerReader(second, options: options)
        for name in names.prefix(50) {
            #expect(try await reader.find(name) != nil)
        }
        #expect(try await reader.find(names).compactMap { $0 }.count == names.count)
        #expect(second.counts.reads == 0, "the end of the container is in the cache as well")
        let name = try #require(names.first { bodies[$0]?.isEmpty == false })
        #expect(try await reader.read(name)?.content == bodies[name])
        #expect(second.counts.reads == 1, "with the page at hand the body is asked for exactly")
    }

    @Test(
        "what a cache gives is checked: a wrong page is fetched again",
        arguments: [
            { $0.map { $0 ^ 1 } }, { [UInt8](repeating: 0, count: $0.count) }, { Array($0.dropLast()) }, { _ in [] },
        ] as [@Sendable ([UInt8]) -> [UInt8]?])
    func lyingCache(lie: @escaping @Sendable ([UInt8]) -> [UInt8]?) async throws {
        let (bytes, bodies) = try Self.container(2_000)
        var options = ContainerReader.Options()
        options.cache = TestCache(lie: lie)
        let reader = try await ContainerReader(FarSource(MemoryByteSource(bytes)), options: options)
        for name in bodies.keys.sorted().prefix(100) {
            for _ in 0..<2 { #expect(try await reader.read(name)?.content == bodies[name]) }
        }
        let names = bodies.keys.sorted()
        #expect(try await reader.find(names).compactMap { $0 }.count == names.count)
    }

    @Test("a batch gives what is there, in any order of names, and says what is missing")
    func batch() async throws {
        let (bytes, bodies) = try Self.container(20_000)
        var random = SeededGenerator(seed: Self.seed)
        let source = CountingByteSource(FarSource(MemoryByteSource(bytes)))
        let reader = try await ContainerReader(source)
        var names = Array(bodies.keys.sorted().shuffled(using: &random).prefix(1_000))
        let absent = try EntryName("nobody")
        names.insert(absent, at: 500)
        var got: [EntryName: [UInt8]] = [:]
        let missing = try await reader.bodies(of: names) { got[$0.name] = $1.array() }
        #expect(missing == [absent])
        #expect(got == bodies.filter { names.contains($0.key) })
        #expect(source.counts.reads < 1_000 + 2 * reader.layout.pageCount)
    }
}
