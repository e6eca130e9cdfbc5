import Testing

@testable import DESCore

@Suite("Clustered containers")
struct ClusteringTests {
    private static let largeByteCount = Limits.smallBodyByteCountMax

    /// What the format says of a container, from its INDEX alone.
    private struct Expected {
        var clustered = true
        var smallEnd = 16
        var positions: [UInt32]

        init(_ index: ContainerIndex, pageEntryCount: Int, pageCount: Int) {
            var firsts: [Int?] = Array(repeating: nil, count: pageCount)
            var firstLarge = Int.max
            for (place, entry) in index.enumerated() {
                let body = entry.location.body
                if body.count >= largeByteCount {
                    firstLarge = min(firstLarge, body.lowerBound)
                } else {
                    clustered = clustered && body.lowerBound >= smallEnd
                    smallEnd = body.upperBound
                    if firsts[place / pageEntryCount] == nil { firsts[place / pageEntryCount] = body.lowerBound }
                }
            }
            clustered = clustered && firstLarge >= smallEnd
            if !clustered { smallEnd = 0 }
            positions = []
            for page in 0..<pageCount {
                let position = firsts[page...].compactMap { $0 }.first ?? smallEnd
                positions.append(clustered ? UInt32(position >> 12) : 0)
            }
        }
    }

    private func check(_ entries: [TestEntry], isClustered: Bool? = nil) async throws {
        let sink = MemorySink()
        let summary = try TestContainer.write(entries, to: sink)
        let reader = try await ContainerReader(MemoryByteSource(sink.bytes))
        let trailer = try #require(reader.layout.trailer)
        let expected = Expected(
            try await reader.index(), pageEntryCount: trailer.geometry.pageEntryCount,
            pageCount: trailer.geometry.pageCount)
        #expect(trailer.clustered == expected.clustered)
        #expect(summary.isClustered == expected.clustered)
        #expect(reader.layout.isClustered == expected.clustered)
        #expect(trailer.smallEnd == expected.smallEnd)
        #expect(reader.layout.root.positions == expected.positions)
        if let isClustered { #expect(trailer.clustered == isClustered) }
        #expect(try await findings(in: sink.bytes).isEmpty)
    }

    /// Entries in the order of INDEX.
    private func sorted(_ entries: [TestEntry]) throws -> [TestEntry] {
        try entries.map { ($0, try EntryName($0.name)) }.sorted { a, b in
            a.1.key != b.1.key ? a.1.key < b.1.key : a.1 < b.1
        }.map(\.0)
    }

    @Test("small bodies in INDEX order with large ones after them are clustered; 128 KiB is large, one less is not")
    func inOrder() async throws {
        let small = try sorted((0..<150).map { TestEntry("s\($0)", [UInt8](repeating: 1, count: $0)) })
        let large = [
            TestEntry("l0", [UInt8](repeating: 2, count: Self.largeByteCount)),
            TestEntry("l1", [UInt8](repeating: 3, count: Self.largeByteCount + 1)),
        ]
        let largestSmall = TestEntry("s", [UInt8](repeating: 4, count: Self.largeByteCount - 1))
        try await check(small + large, isClustered: true)
        try await check(try sorted(small + [largestSmall]) + large, isClustered: true)
        try await check(large, isClustered: true)
        try await check([], isClustered: true)
        try await check(large + small, isClustered: false)
        try await check(small + large + [largestSmall], isClustered: false)
        try await check(small.reversed(), isClustered: false)
        try await check([large[0]] + [small[0]] + [large[1]], isClustered: false)
    }

    @Test("a page without small bodies has the position of the next page that has one")
    func pagesWithoutSmallBodies() async throws {
        // Of 200 names in INDEX order the second and the last page get large bodies only: costly, so few bytes each.
        let names = try sorted((0..<140).map { TestEntry("n\($0)") }).map(\.name)
        let body = [UInt8](repeating: 5, count: Self.largeByteCount)
        // In ROOT positions count in steps of 4 KiB: the bodies of a page must be longer to make a difference.
        let small = (names[..<64] + names[128..<130]).map { TestEntry($0, [UInt8](repeating: 6, count: 5_000)) }
        let large = (names[64..<128] + names[130...]).map { TestEntry($0, body) }
        try await check(small + large, isClustered: true)
        let onlyFirst = names[..<64].map { TestEntry($0, [UInt8](repeating: 6, count: 200)) }
        try await check(onlyFirst + names[64..<100].map { TestEntry($0, body) }, isClustered: true)
    }

    @Test(
        "the flag is set exactly when the bodies lie so, for any order of any sizes", arguments: 0..<60 as Range<UInt64>
    )
    func property(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...200, using: &random)
        var entries = (0..<count).map { number in
            let size = Int.random(in: 0..<40, using: &random) == 0 ? 0 : Int.random(in: 0...300, using: &random)
            return TestEntry("e\(number)-\(seed)", [UInt8](repeating: 7, count: size))
        }
        entries = try sorted(entries)
        for number in 0..<Int.random(in: 0...3, using: &random) {
            let size = Self.largeByteCount + Int.random(in: -1...1, using: &random)
            let large = TestEntry("large\(number)", [UInt8](repeating: 8, count: size))
            let place = Bool.random(using: &random) ? entries.count : Int.random(in: 0...entries.count, using: &random)
            entries.insert(large, at: place)
        }
        if entries.count > 1, Bool.random(using: &random) {
            let place = Int.random(in: 1..<entries.count, using: &random)
            entries.swapAt(place - 1, place)
        }
        try await check(entries)
    }
}
