import Glibc
import Testing

@testable import DESCore

@Suite("Reading")
struct ReaderTests {
    @Test("two names whose keys tie in the top 32 bits across a page border are both found")
    func keysThatTie() async throws {
        let pair = try TiedNames.pair.map { try EntryName($0) }
        try #require(pair[0].key.top == pair[1].key.top && pair[0].key < pair[1].key)
        let entries = try TiedNames.entries()
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

    @Test("names of the largest size are written and read, a whole page of them too")
    func longestNames() async throws {
        let tail = String(repeating: "x", count: Limits.nameByteCountMax - 3)
        let entries = (100..<170).map { TestEntry("\($0)" + tail, [UInt8($0)]) }
        let bytes = try TestContainer.bytes(of: entries)
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        for entry in [entries[0], entries[69]] {
            let found = try #require(try await reader.find(EntryName(entry.name)))
            #expect(try await reader.body(of: found) == entry.body)
        }
        #expect(try await reader.index().count == 70)
        #expect(try await reader.find(EntryName(tail)) == nil)
        #expect(try await findings(in: bytes).isEmpty)
    }

    @Test("bodies beyond 4 GiB are found where they are, in a file and mapped")
    func beyondFourGiB() async throws {
        var container = PlainContainer()
        container.hole = 5 << 30
        container.add("far", body: [1, 2, 3])
        container.add("farther", body: [4])
        let directory = try TemporaryDirectory()
        let path = try directory.write(PlainContainer.header, to: "c.des")
        let rest = container.afterHole()
        do {
            let file = try FileDescriptor(opening: path, O_WRONLY)
            try #require(lseek(file.rawValue, 16 + 5 << 30, SEEK_SET) == 16 + 5 << 30)
            try file.write(rest.span.bytes)
        }
        let reader = try await ContainerReader(FileByteSource(path: path))
        let mapped = try MappedContainer(path: path)
        for (name, body) in [("far", [1, 2, 3]), ("farther", [4])] as [(String, [UInt8])] {
            let found = try #require(try await reader.find(EntryName(name)))
            #expect(found.location.body.lowerBound > 5 << 30)
            #expect(try await reader.body(of: found) == body)
            #expect(try mapped.withBody(of: EntryName(name)) { $0.array() } == body)
        }
    }

    @Test("many tasks may read from one reader at once")
    func manyTasks() async throws {
        let entries = (0..<200).map { TestEntry("n\($0)", [UInt8](repeating: UInt8($0), count: 1_000)) }
        let directory = try TemporaryDirectory()
        let path = try directory.write(TestContainer.bytes(of: entries), to: "c.des")
        let reader = try await ContainerReader(FileByteSource(path: path))
        let mapped = try MappedContainer(path: path)
        let wrongCount = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var wrongCount = 0
                    for entry in entries[task...] {
                        let name = try EntryName(entry.name)
                        let found = try await reader.find(name)
                        let body = if let found { try await reader.body(of: found) } else { [UInt8]() }
                        let isRight = try mapped.withBody(of: name) { $0.holds(entry.body) } ?? false
                        if body != entry.body || !isRight { wrongCount += 1 }
                    }
                    return wrongCount
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrongCount == 0)
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
