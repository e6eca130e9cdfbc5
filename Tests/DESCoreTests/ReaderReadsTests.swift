import Testing

@testable import DESCore

/// Which bytes a reader asks for: on object storage every request costs time and money.
@Suite("What a reader reads")
struct ReaderReadsTests {
    private static let tailByteCount = 128 << 10

    private func open(_ bytes: [UInt8]) async throws -> (ContainerReader, RecordingSource) {
        let source = RecordingSource(MemoryByteSource(bytes))
        let reader = try await ContainerReader(source)
        #expect(source.takeRequests() == [.tail(Self.tailByteCount)], "opening is one read of the tail")
        return (reader, source)
    }

    @Test("a container below 128 KiB is read once, whatever is asked of it afterwards")
    func small() async throws {
        let entries = ReaderModelTests.entries(200, seed: 11, largestBody: 100)
        let bytes = try TestContainer.bytes(of: entries)
        try #require(bytes.count < Self.tailByteCount)
        let (reader, source) = try await open(bytes)
        for entry in entries {
            let found = try #require(try await reader.find(EntryName(entry.name)))
            _ = try await reader.body(of: found)
            _ = try await reader.metadata(of: found)
        }
        _ = try await reader.bodies(of: entries.map { try EntryName($0.name) }) { _, _ in }
        _ = try await reader.index()
        #expect(source.takeRequests() == [])
    }

    private static let manyBody = [UInt8](repeating: 1, count: 10)
    /// A container of 25,000 entries, its INDEX far longer than one read of the tail; made once.
    private static let many = Result { try TestContainer.numbered(25_000, body: manyBody) }

    @Test("one lookup among many entries reads the page and its checksums, one more read the body")
    func lookup() async throws {
        let (bytes, body) = (try Self.many.get(), Self.manyBody)
        let (reader, source) = try await open(bytes)
        #expect(reader.layout.index.count > 8 * Self.tailByteCount)
        for number in [0, 1, 777, 12_500, 24_999] {
            let name = try EntryName("n\(number)")
            let found = try #require(try await reader.find(name))
            let pages = reader.layout.root.pages(holding: name.key)
            #expect(pages.count == 1)
            let expected = [reader.layout.index(ofPages: pages), reader.layout.checksums(ofPages: pages)]
            #expect(Set(source.takeRanges()) == Set(notHeld(expected, bytes.count)))
            #expect(expected[0].count + expected[1].count < 16 << 10)
            #expect(try await reader.body(of: found) == body)
            #expect(source.takeRanges() == [found.location.body])
            _ = try await reader.metadata(of: found)
            #expect(source.takeRanges() == [found.location.meta])
        }
        #expect(try await reader.find(EntryName("missing")) == nil)
        #expect(source.takeRanges().count <= 2)
    }

    /// Those of `ranges` that are not among the bytes fetched when a container was opened.
    private func notHeld(_ ranges: [Range<Int>], _ byteCount: Int) -> [Range<Int>] {
        ranges.filter { $0.lowerBound < byteCount - Self.tailByteCount }
    }

    @Test("a container of 4 MiB and one page: page and checksums are in hand, only bodies are fetched")
    func pageInHand() async throws {
        let entries = [TestEntry("large", [UInt8](repeating: 1, count: 4 << 20)), TestEntry("small", [2, 3])]
        let (reader, source) = try await open(try TestContainer.bytes(of: entries))
        let large = try #require(try await reader.find(EntryName("large")))
        #expect(source.takeRequests() == [])
        #expect(try await reader.body(of: large).count == 4 << 20)
        #expect(source.takeRanges() == [16..<16 + 4 << 20])
        // The last body lies in the bytes in hand.
        let small = try #require(try await reader.find(EntryName("small")))
        #expect(try await reader.body(of: small) == [2, 3])
        #expect(source.takeRequests() == [])
    }

    @Test("a counting source counts what was read")
    func counting() async throws {
        let bytes = try TestContainer.bytes(of: [TestEntry("a", [UInt8](repeating: 1, count: 1 << 20))])
        let source = CountingByteSource(MemoryByteSource(bytes, name: "counted"))
        let reader = try await ContainerReader(source)
        #expect(reader.name == "counted")
        #expect((source.counts.reads, source.counts.bytes) == (1, Self.tailByteCount))
        try await reader.check(try #require(try await reader.find(EntryName("a"))))
        #expect((source.counts.reads, source.counts.bytes) == (2, Self.tailByteCount + 1 << 20))
    }

    @Test("an empty body, and META that is not there, are read without any request")
    func emptyRanges() async throws {
        let entries = [TestEntry("empty"), TestEntry("large", [UInt8](repeating: 1, count: 1 << 20))]
        let (reader, source) = try await open(try TestContainer.bytes(of: entries))
        let empty = try #require(try await reader.find(EntryName("empty")))
        #expect(try await reader.body(of: empty) == [])
        var count = 0
        try await reader.bodies(of: [empty, empty]) { _, body in
            count += body.isEmpty ? 1 : 100
        }
        #expect(count == 2)
        for try await _ in reader.pieces(of: empty) { Issue.record("an empty body has no piece") }
        #expect(try await reader.bodies(of: [EntryName]()) { _, _ in } == [])
        #expect(source.takeRequests() == [])
    }

    @Test("a batch reads at most twice the bytes wanted and 1 MiB, in reads of at most 8 MiB", arguments: [12, 13, 14])
    func batch(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let entries = (0..<2_000).map { number in
            let size =
                Int.random(in: 0..<50, using: &random) == 0 ? 200_000 : Int.random(in: 0...20_000, using: &random)
            return TestEntry("n\(number)", [UInt8](repeating: UInt8(number % 251), count: size))
        }
        let bytes = try TestContainer.bytes(of: entries)
        let (reader, source) = try await open(bytes)
        for share in [2, 30, 300] {
            let wanted = try entries.filter { _ in Int.random(in: 0..<share, using: &random) == 0 }.map {
                try EntryName($0.name)
            }
            let found = try await reader.find(wanted).compactMap { $0 }
            _ = source.takeRequests()
            var byteCount = 0
            try await reader.bodies(of: found) { _, body in byteCount += body.byteCount }
            let ranges = source.takeRanges()
            #expect(ranges.reduce(0) { $0 + $1.count } <= 2 * byteCount + 1 << 20, "seed \(seed), share \(share)")
            #expect(ranges.allSatisfy { !$0.isEmpty && $0.count <= 8 << 20 })
            #expect(ranges.count <= RangePlan(found.map(\.location.body)).reads.count)
            for (a, b) in zip(ranges, ranges.dropFirst()) { #expect(a.upperBound <= b.lowerBound) }
        }
    }

    @Test("a batch fetches each page once, however many of its names are wanted")
    func batchPages() async throws {
        let (reader, source) = try await open(try Self.many.get())
        let names = try (0..<25_000).map { try EntryName("n\($0)") }
        #expect(try await reader.find(names).allSatisfy { $0 != nil })
        let ranges = source.takeRanges()
        let total = ranges.reduce(0) { $0 + $1.count }
        #expect(total <= reader.layout.index.count + reader.layout.checksums.count)
        #expect(ranges.count <= 3)
    }

    @Test("a body longer than one read is fetched in pieces of at most 8 MiB, also in a batch")
    func largeBody() async throws {
        let entries = [TestEntry("large", [UInt8](repeating: 1, count: 20 << 20)), TestEntry("b", [5])]
        let (reader, source) = try await open(try TestContainer.bytes(of: entries))
        let missing = try await reader.bodies(of: [EntryName("large"), EntryName("b")]) { entry, body in
            let isWhole = body.byteCount == entry.byteCount
            #expect(isWhole)
        }
        #expect(missing == [])
        let ranges = source.takeRanges()
        #expect(ranges.allSatisfy { $0.count <= 8 << 20 })
        #expect(ranges.reduce(0) { $0 + $1.count } <= (20 << 20) + 1)
    }

    @Test("a hostile container cannot make the reader ask for bytes outside it, or for an empty range")
    func inside() async throws {
        let whole = try TestContainer.mixedBytes()
        var random = SeededGenerator(seed: 15)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            let source = RecordingSource(MemoryByteSource(bytes))
            _ = try await Verifier.verify(source) { _ in }
            #expect(
                source.takeRanges().allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= bytes.count })
        }
    }
}
