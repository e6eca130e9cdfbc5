import Testing

@testable import DESCore

/// Every way to read a container must give what a plain dictionary holds.
@Suite("Reading, against a dictionary")
struct ReaderModelTests {
    /// Random entries: paths, Unicode, empty bodies, bodies of many sizes; the same seed gives the same ones.
    static func entries(_ count: Int, seed: UInt64, largestBody: Int) -> [TestEntry] {
        var random = SeededGenerator(seed: seed)
        let words = ["a", "bb", "\u{E9}", "e\u{301}", "\u{1F4E6}", "..x", "C:", " ", "name with blanks", "\u{202E}"]
        var entries: [TestEntry] = []
        for number in 0..<count {
            var parts = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                words[Int.random(in: 0..<words.count, using: &random)]
            }
            parts.append("\(number)")
            let size =
                switch Int.random(in: 0..<20, using: &random) {
                case 0...2: 0
                case 3: Int.random(in: 0...largestBody, using: &random)
                default: Int.random(in: 1...500, using: &random)
                }
            var meta: [JSON.Member] = []
            if Bool.random(using: &random) { meta.append(JSON.Member("n", .integer(number))) }
            if Bool.random(using: &random) { meta.append(JSON.Member("size", .string("not this"))) }
            entries.append(TestEntry(parts.joined(separator: "/"), .random(size, using: &random), meta: meta))
        }
        return entries
    }

    static let cases: [(count: Int, seed: UInt64, largestBody: Int)] = [
        (0, 1, 0), (1, 2, 10), (2, 3, 10), (63, 4, 1_000), (64, 5, 1_000), (65, 6, 200_000), (129, 7, 200_000),
        (500, 8, 200_000), (3_000, 9, 200_000),
    ]

    @Test("in memory and in a file, every way of reading gives what was written", arguments: cases)
    func agrees(count: Int, seed: UInt64, largestBody: Int) async throws {
        let entries = Self.entries(count, seed: seed, largestBody: largestBody)
        let bytes = try TestContainer.bytes(of: entries)
        let directory = try TemporaryDirectory()
        let path = try directory.write(bytes, to: "c.des")
        for source: any ByteSource in [MemoryByteSource(bytes), try FileByteSource(path: path)] {
            let reader = try await ContainerReader(source)
            try await checkSingly(reader, entries)
            try await checkIndex(reader, entries)
            try await checkBatch(reader, entries, seed: seed)
        }
        try checkMapped(try MappedContainer(path: path), entries)
        #expect(try await findings(in: bytes).isEmpty)
    }

    /// One name at a time, some of them and some that are not there.
    private func checkSingly(_ reader: ContainerReader, _ entries: [TestEntry]) async throws {
        let stride = max(1, entries.count / 150)
        for entry in entries.enumerated().filter({ $0.offset % stride == 0 }).map(\.element) {
            let found = try #require(try await reader.find(EntryName(entry.name)), "\(entry.name)")
            #expect(found.byteCount == entry.body.count)
            #expect(try await reader.body(of: found) == entry.body)
            #expect(try await reader.metadata(of: found).json == entry.storedMeta)
        }
        for name in ["missing", "\u{0}", "/", "A", "1/", "\u{E9}"] + entries.prefix(20).map({ $0.name + "x" }) {
            #expect(try await reader.find(EntryName(name)) == nil, "\(name)")
        }
    }

    /// The whole INDEX: each name once, in (key, name) order.
    private func checkIndex(_ reader: ContainerReader, _ entries: [TestEntry]) async throws {
        let index = try await reader.index()
        #expect(reader.layout.entryCount == entries.count)
        let order = try entries.map { try EntryName($0.name) }.sorted {
            $0.key != $1.key ? $0.key < $1.key : $0 < $1
        }
        #expect(index.map(\.name) == order)
        let bodies = try Dictionary(uniqueKeysWithValues: entries.map { (try EntryName($0.name), $0.body) })
        for entry in index {
            #expect(bodies[entry.name]?.count == entry.byteCount)
            #expect(bodies[entry.name].map(crc32c) == entry.location.bodyCRC)
        }
        let written = try entries.filter { !$0.body.isEmpty }.map { try EntryName($0.name) }
        #expect(index.inDataOrder().map { index[$0] }.filter { $0.byteCount > 0 }.map(\.name) == written)
        #expect(reader.hiddenEntries() == [])
    }

    /// Many names in one call, some missing, some twice, in any order.
    private func checkBatch(_ reader: ContainerReader, _ entries: [TestEntry], seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var model: [EntryName: [UInt8]] = [:]
        for entry in entries { model[try EntryName(entry.name)] = entry.body }
        var wanted = try entries.map { try EntryName($0.name) }.filter { _ in Bool.random(using: &random) }
        if let first = wanted.first { wanted.append(first) }
        let missing = try (0..<20).map { try EntryName("missing\($0)") }
        wanted = (wanted + missing).shuffled(using: &random)
        #expect(try await reader.find(wanted).map { $0?.name } == wanted.map { model[$0] == nil ? nil : $0 })
        var received: [EntryName: Int] = [:]
        let absent = try await reader.bodies(of: wanted) { entry, body in
            received[entry.name, default: 0] += 1
            let isRight = body.holds(model[entry.name] ?? [0xEE])
            #expect(isRight, "\(entry.name)")
        }
        let found = try await reader.find(wanted).compactMap { $0 }
        var metas: [JSON] = []
        for entry in found { metas.append(try await reader.metadata(of: entry).json) }
        #expect(try await reader.metadata(of: found).map(\.json) == metas)
        #expect(absent == wanted.filter { model[$0] == nil })
        let asked = Dictionary(wanted.filter { model[$0] != nil }.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(received == asked)
    }

    private func checkMapped(_ container: MappedContainer, _ entries: [TestEntry]) throws {
        for entry in entries {
            let name = try EntryName(entry.name)
            let found = try #require(try container.find(name))
            #expect(found.byteCount == entry.body.count)
            let isRight = try container.withBody(of: name) { $0.holds(entry.body) }
            #expect(isRight == true, "\(entry.name)")
        }
        for name in ["missing", "\u{0}", "/", "A"] {
            #expect(try container.find(EntryName(name)) == nil)
            #expect(try container.withBody(of: EntryName(name)) { $0.byteCount } == nil)
        }
        #expect(container.layout.entryCount == entries.count)
    }

    @Test("a large body comes in pieces of 8 MiB that make the whole, and a wrong one fails only at its last piece")
    func pieces() async throws {
        var random = SeededGenerator(seed: 10)
        let sizes = [0, 1, 8 << 20, (8 << 20) + 1, (17 << 20) + 3]
        let entries = sizes.map { size in
            TestEntry("n\(size)", [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: size))
        }
        var bytes = try TestContainer.bytes(of: entries)
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        for entry in entries {
            let found = try #require(try await reader.find(EntryName(entry.name)))
            var counts: [Int] = []
            var whole = [UInt8]()
            for try await piece in reader.pieces(of: found) {
                counts.append(piece.count)
                whole += piece
            }
            #expect(whole == entry.body)
            #expect(counts.dropLast().allSatisfy { $0 == 8 << 20 })
            #expect(counts.count == (entry.body.count + (8 << 20) - 1) / (8 << 20))
            #expect(try await reader.body(of: found) == entry.body)
        }
        let last = try #require(try await reader.find(EntryName("n\((17 << 20) + 3)")))
        bytes[last.location.body.lowerBound] ^= 1
        var pieces = try await ContainerReader(MemoryByteSource(bytes)).pieces(of: last).makeAsyncIterator()
        #expect(try await pieces.next()?.count == 8 << 20)
        #expect(try await pieces.next()?.count == 8 << 20)
        await #expect(throws: DESError.self) { try await pieces.next() }
    }
}
