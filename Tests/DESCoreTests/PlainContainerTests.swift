import Testing

@testable import DESCore

/// Containers of other v1 writers: no tail, INDEX in any order, gaps, repeated names.
@Suite("Plain v1 containers")
struct PlainContainerTests {
    @Test("a plain container is read whole and its names are found, whatever their order", arguments: [0, 1, 2, 300])
    func readable(count: Int) async throws {
        var random = SeededGenerator(seed: 20)
        var container = PlainContainer()
        var model: [(name: EntryName, body: [UInt8])] = []
        for number in (0..<count).shuffled(using: &random) {
            let body = [UInt8].random(number % 40, using: &random)
            container.add("n/\(number)", body: body)
            model.append((try EntryName("n/\(number)"), body))
        }
        for gaps in [(0, 0, 0), (5, 7, 128), (0, 0, 300)] {
            container.gaps = gaps
            let bytes = container.bytes()
            let reader = try await ContainerReader(MemoryByteSource(bytes))
            #expect(!reader.layout.isSorted && !reader.layout.isClustered)
            #expect(reader.layout.tail.isEmpty)
            #expect(try await reader.index().map(\.name) == model.map(\.name))
            for (name, body) in model {
                let found = try #require(try await reader.find(name))
                #expect(try await reader.body(of: found) == body)
                #expect(try await reader.metadata(of: found).size == body.count)
            }
            #expect(try await reader.find([try EntryName("none")]) == [nil])
            let directory = try TemporaryDirectory()
            let mapped = try MappedContainer(path: directory.write(bytes, to: "c.des"))
            for (name, body) in model {
                #expect(try mapped.withBody(of: name) { $0.holds(body) } == true)
            }
            #expect(try mapped.find(EntryName("none")) == nil)
            #expect(try await findings(in: bytes).isEmpty)
        }
    }

    @Test("the whole INDEX is read once, at opening, and nothing of it again")
    func reads() async throws {
        var container = PlainContainer()
        for number in 0..<4_000 { container.add("name\(number)", body: [1, 2, 3]) }
        let source = RecordingSource(MemoryByteSource(container.bytes()))
        let reader = try await ContainerReader(source)
        #expect(source.takeRequests() == [.tail(128 << 10), .range(reader.layout.index)])
        let found = try #require(try await reader.find(EntryName("name7")))
        _ = try await reader.index()
        _ = try await reader.find([try EntryName("name8"), try EntryName("none")])
        #expect(source.takeRequests() == [])
        #expect(try await reader.body(of: found) == [1, 2, 3])
        #expect(source.takeRequests() == [.range(found.location.body)])
    }

    @Test("of repeated names the last entry wins, and the verifier reports each of the others where it stands")
    func repeated() async throws {
        var container = PlainContainer()
        for (name, text) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("a", "5"), ("b", "6")] {
            container.add(name, body: Array(text.utf8))
        }
        let bytes = container.bytes()
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        let directory = try TemporaryDirectory()
        let mapped = try MappedContainer(path: directory.write(bytes, to: "c.des"))
        for (name, text) in [("a", "5"), ("b", "6"), ("c", "4")] {
            let found = try #require(try await reader.find(EntryName(name)))
            #expect(try await reader.body(of: found) == Array(text.utf8))
            #expect(try mapped.withBody(of: EntryName(name)) { $0.array() } == Array(text.utf8))
        }
        #expect(reader.hiddenEntries() == [0, 1, 2])
        #expect(reader.layout.entryCount == 6)
        let entrySize = 2 + 1 + 36
        let offsets = try await findings(in: bytes).map(\.offset)
        #expect(offsets == [0, 1, 2].map { reader.layout.index.lowerBound + $0 * entrySize })
    }

    @Test("an entry that is listed twice in every detail is reported too")
    func listedTwice() async throws {
        var container = PlainContainer()
        container.add("a", body: [1])
        container.add("b", body: [2])
        container.items.append(container.items[0])
        let reader = try await ContainerReader(MemoryByteSource(container.bytes()))
        #expect(reader.hiddenEntries() == [0])
        let found = try await findings(in: container.bytes())
        #expect(found.count >= 1)
    }

    @Test("META may be missing, and entries may share a DATA range")
    func lenient() async throws {
        var container = PlainContainer()
        container.add("a", body: [1, 2])
        container.add("b", body: [], meta: "")
        container.add("c", body: [])
        container.items[2].data = container.items[0].data
        container.metas.replaceSubrange(container.metas.count - 2..<container.metas.count - 1, with: [0x32])
        let bytes = container.bytes()
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        let entries = try await reader.find(["a", "b", "c"].map { try EntryName($0) }).compactMap { $0 }
        try #require(entries.count == 3)
        #expect(try await reader.body(of: entries[2]) == [1, 2])
        #expect(try await reader.metadata(of: entries[1]).json == .object([]))
        #expect(try await findings(in: bytes).isEmpty)
    }

    @Test("a TRAILER before a FOOTER that denies it is corruption; the same bytes inside a region are not")
    func hiddenTail() async throws {
        var container = PlainContainer()
        container.add("a", body: [1])
        container.gaps.2 = 128
        var bytes = container.bytes()
        let trailer = bytes.count - 72 - 128
        bytes.replaceSubrange(trailer..<trailer + 8, with: Array("DESTAIL1".utf8))
        await #expect(throws: DESError.self) { try await ContainerReader(MemoryByteSource(bytes)) }
        container.gaps.2 = 0
        container.items[0].name = Array("DESTAIL1".utf8) + [UInt8](repeating: 0x78, count: 128 - 8 - 36)
        let inside = container.bytes()
        #expect(inside[(inside.count - 200)...].starts(with: Array("DESTAIL1".utf8)))
        #expect(try await findings(in: inside).isEmpty)
        container.footerReserved = [0, 0, 0, 0, 0, 0, 1]
        await #expect(throws: DESError.self) { try await ContainerReader(MemoryByteSource(container.bytes())) }
    }
}
