import Testing

@testable import DESCore

@Suite("Reading")
struct ReaderTests {
    @Test("two names whose keys tie in the top 32 bits across a page border are both found")
    func keysThatTie() async throws {
        // Found by search: the two keys agree in their top 32 bits.
        let pair = try TiedNames.pair.map { try EntryName($0) }
        try #require(pair[0].key.top == pair[1].key.top && pair[0].key < pair[1].key)
        var entries = pair.map { TestEntry($0.string, Array($0.string.utf8)) }
        // 63 names with lower keys fill the first page but for one place.
        var number = 0
        while entries.count < 65 {
            let name = try EntryName("filler\(number)")
            if name.key < pair[0].key { entries.append(TestEntry(name.string, [1])) }
            number += 1
        }
        let bytes = try TestContainer.bytes(of: entries)
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        let index = try await reader.index()
        #expect((index[63].name, index[64].name) == (pair[0], pair[1]))
        let directory = try TemporaryDirectory()
        let mapped = try MappedContainer(path: directory.write(bytes, to: "c.des"))
        for name in pair {
            let found = try #require(try await reader.find(name))
            #expect(try await reader.body(of: found) == Array(name.string.utf8))
            #expect(try mapped.withBody(of: name) { $0.array() } == Array(name.string.utf8))
        }
        #expect(try await reader.find(pair + pair).map { $0?.name } == pair + pair)
        #expect(try await findings(in: bytes).isEmpty)
    }

    @Test("an error names the source, and a missing file is not found")
    func places() async throws {
        let directory = try TemporaryDirectory()
        await #expect(throws: DESError.self) { try await ContainerReader(MemoryByteSource([], name: "nothing")) }
        do {
            _ = try await ContainerReader(MemoryByteSource([1, 2, 3], name: "three bytes"))
            Issue.record("opened three bytes")
        } catch let error as DESError { #expect((error.code, error.place) == (.corrupt, "three bytes")) }
        do throws(DESError) {
            _ = try FileByteSource(path: directory / "missing")
            Issue.record("opened a file that is not there")
        } catch { #expect((error.code, error.place) == (.notFound, directory / "missing")) }
        do throws(DESError) {
            _ = try MappedContainer(path: directory / "missing")
            Issue.record("mapped a file that is not there")
        } catch { #expect((error.code, error.place) == (.notFound, directory / "missing")) }
        for path in [directory.path, "/dev/null"] {
            do throws(DESError) {
                _ = try FileByteSource(path: path)
                Issue.record("opened \(path)")
            } catch { #expect(error.code == .invalidArgument) }
            do throws(DESError) {
                _ = try MappedContainer(path: path)
                Issue.record("mapped \(path)")
            } catch { #expect(error.code == .invalidArgument) }
        }
    }

    @Test("a source that ends early is an error, never a short result")
    func shortSources() async throws {
        let directory = try TemporaryDirectory()
        let file = try FileByteSource(path: directory.write([1, 2, 3], to: "f"))
        for source: any ByteSource in [MemoryByteSource([1, 2, 3]), file] {
            #expect(try await source.read(1..<3) == [2, 3])
            await #expect(throws: DESError.self) { try await source.read(1..<4) }
            await #expect(throws: DESError.self) { try await source.read(3..<4) }
            #expect(try await source.readTail(2) == ([2, 3], 3))
            #expect(try await source.readTail(9) == ([1, 2, 3], 3))
        }
        try directory.write([1], to: "f")
        await #expect(throws: DESError.self) { try await file.read(0..<3) }
    }

    @Test("flagged entries are listed and their META is read, but their bytes are never given out as the content")
    func flags() async throws {
        for (flags, code) in [
            (1, .unsupported), (2, .unsupported), (4, .unsupported), (8, .notFound), (10, .notFound),
            (1 << 31, .unsupported),
        ] as [(UInt32, DESError.Code)] {
            var container = PlainContainer()
            container.add("a", body: flags & 1 == 0 ? [1, 2, 3] : [], flags: flags)
            let bytes = container.bytes()
            let reader = try await ContainerReader(MemoryByteSource(bytes))
            let found = try #require(try await reader.find(EntryName("a")))
            #expect(found.location.flags.rawValue == flags)
            #expect(try await reader.metadata(of: found).json["size"] != nil)
            await expect(code) { try await reader.body(of: found) }
            await expect(code) { try await reader.bodies(of: [found]) { _, _ in Issue.record("\(flags)") } }
            await expect(code) { for try await _ in reader.pieces(of: found) { Issue.record("\(flags)") } }
            let directory = try TemporaryDirectory()
            let mapped = try MappedContainer(path: directory.write(bytes, to: "c.des"))
            #expect(errorCode { try mapped.withBody(of: EntryName("a")) { _ in } } == code)
        }
    }

    private func expect<R>(_ code: DESError.Code, _ body: () async throws -> R) async {
        do {
            _ = try await body()
            Issue.record("no error")
        } catch { #expect((error as? DESError)?.code == code) }
    }
}

private enum TiedNames {
    static let pair = ["tie-8515", "tie-52651"]
}
