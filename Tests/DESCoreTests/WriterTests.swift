import Testing

@testable import DESCore

@Suite("Writing")
struct WriterTests {
    @Test("the empty container has 216 bytes and no finding")
    func empty() async throws {
        let bytes = try TestContainer.bytes(of: [])
        #expect(bytes.count == 216)
        #expect(try await findings(in: bytes).isEmpty)
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        #expect(reader.layout.entryCount == 0)
        #expect(try await reader.index().isEmpty)
        #expect(try await reader.find(EntryName("a")) == nil)
        #expect(try await reader.find([EntryName("a")]) == [nil])
    }

    @Test("regions follow each other without a gap, and the summary says what they are")
    func regions() throws {
        let sink = MemorySink()
        let summary = try TestContainer.write(TestContainer.mixed, to: sink)
        let layout = try ContainerLayout(tail: sink.bytes.span.bytes, byteCount: sink.bytes.count)
        #expect(layout.data == 16..<(16 + 14 + 6 + 10))
        #expect(layout.meta.lowerBound == layout.data.upperBound)
        #expect(layout.index.lowerBound == layout.meta.upperBound)
        #expect(layout.tail.lowerBound == layout.index.upperBound)
        #expect(layout.tail.upperBound == sink.bytes.count - 72)
        #expect(
            summary
                == ContainerWriter.Summary(
                    entryCount: 4, byteCount: sink.bytes.count, dataByteCount: 30, isClustered: layout.isClustered))
        #expect(sink.isCommitted)
    }

    @Test("what the options say stands in the container")
    func options() throws {
        let bytes = try TestContainer.mixedBytes()
        let layout = try ContainerLayout(tail: bytes.span.bytes, byteCount: bytes.count)
        #expect((layout.createdAt, layout.epoch, layout.trailer?.shardBits) == (1_763_683_200_000, 3, 8))
        #expect(layout.id.description.hasPrefix("019aa3b5-ec00-7"))
        let plain = try TestContainer.bytes(of: [])
        #expect(try ContainerLayout(tail: plain.span.bytes, byteCount: 216).id == .none)
    }

    @Test("the same entries in the same order with the same options give the same bytes")
    func deterministic() throws {
        #expect(try TestContainer.mixedBytes() == TestContainer.mixedBytes())
        var random = SeededGenerator(seed: 3)
        let entries = (0..<300).map { TestEntry("\($0)", .random($0 % 50, using: &random)) }
        #expect(try TestContainer.bytes(of: entries) == TestContainer.bytes(of: entries))
        #expect(try TestContainer.bytes(of: entries) != TestContainer.bytes(of: entries.reversed()))
    }

    @Test("entries appended one by one and in batches of any size give the same bytes", arguments: [1, 2, 7, 300])
    func batches(size: Int) throws {
        var random = SeededGenerator(seed: 4)
        let entries = (0..<300).map {
            TestEntry("\($0)", .random($0 % 50, using: &random), meta: [JSON.Member("n", .integer($0))])
        }
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        var batch = EntryBatch()
        for entry in entries {
            try batch.append(EntryName(entry.name), meta: { entry.encode(into: &$0) }, body: entry.body.span.bytes)
            if batch.count == size {
                #expect(try writer.append(batch) == [])
                batch = EntryBatch(entryCapacity: size)
            }
        }
        try writer.append(batch)
        #expect(writer.entryCount == 300)
        _ = try writer.seal()
        #expect(try sink.bytes == TestContainer.bytes(of: entries))
    }

    @Test("a second entry of one name is a conflict, and the writer stays usable")
    func duplicate() async throws {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        let (first, second) = (Array("first".utf8), Array("second".utf8))
        try writer.append(EntryName("a"), body: first.span.bytes)
        #expect(throws: DESError(.conflict, "the container already has an entry named \"a\"")) {
            try writer.append(EntryName("a"), body: second.span.bytes)
        }
        let isUsable = writer.isUsable
        #expect(isUsable)
        // Another form of a visible name is another name.
        try writer.append(EntryName("\u{E9}"), body: first.span.bytes)
        try writer.append(EntryName("e\u{301}"), body: second.span.bytes)
        #expect(try writer.seal().entryCount == 3)
        #expect(
            try sink.bytes
                == TestContainer.bytes(of: [
                    TestEntry("a", first), TestEntry("\u{E9}", first), TestEntry("e\u{301}", second),
                ]))
        #expect(try await findings(in: sink.bytes).isEmpty)
    }

    @Test("names that a container has are left out of a batch, whole, and the rest is as if they had not been there")
    func duplicatesInBatch() throws {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        var batch = EntryBatch()
        let names = ["a", "b", "a", "c", "c", "b", "d", "a"]
        for (number, name) in names.enumerated() {
            let body = [UInt8](repeating: UInt8(number), count: 3 + number)
            try batch.append(EntryName(name), meta: { $0.set("n", .integer(number)) }, body: body.span.bytes)
        }
        #expect(names.indices.map { batch.name(at: $0).string } == names)
        #expect(try writer.append(batch) == [2, 4, 5, 7])
        #expect(try writer.append(batch) == Array(0..<8))
        _ = try writer.seal()
        let kept = [0, 1, 3, 6].map { number in
            TestEntry(
                names[number], [UInt8](repeating: UInt8(number), count: 3 + number),
                meta: [JSON.Member("n", .integer(number))])
        }
        #expect(try sink.bytes == TestContainer.bytes(of: kept))
    }

    @Test(
        "a name that no extraction may follow is refused, and nothing of it stays", arguments: ["/a", "a/../b", "\0"])
    func illegalName(name: String) throws {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        var batch = EntryBatch()
        let body: [UInt8] = [1, 2, 3]
        try batch.append(EntryName("x"), body: body.span.bytes)
        #expect(errorCode { try batch.append(EntryName(name), body: body.span.bytes) } == .invalidArgument)
        #expect(errorCode { try writer.append(EntryName(name), body: body.span.bytes) } == .invalidArgument)
        #expect(
            errorCode { try writer.append(EntryName(name), byteCount: 1) { _ in 1 } } == .invalidArgument)
        try writer.append(batch)
        _ = try writer.seal()
        #expect(try sink.bytes == TestContainer.bytes(of: [TestEntry("x", body)]))
    }

    @Test("META has at most 10 MiB; one byte more is refused and leaves the batch as it was")
    func largestMeta() throws {
        // `{"n":` + digits + `,"size":1}`
        let digits = Limits.metaByteCountMax - 15
        var batch = EntryBatch()
        let body: [UInt8] = [1]
        let over = JSON.number(String(repeating: "1", count: digits + 1))
        #expect(
            errorCode { try batch.append(EntryName("a"), meta: { $0.set("n", over) }, body: body.span.bytes) }
                == .invalidArgument)
        #expect((batch.count, batch.bodyByteCount) == (0, 0))
        let most = JSON.number(String(repeating: "1", count: digits))
        try batch.append(EntryName("a"), meta: { $0.set("n", most) }, body: body.span.bytes)
        #expect(batch.metas.count == Limits.metaByteCountMax)
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        try writer.append(batch)
        _ = try writer.seal()
        #expect(try sink.bytes == TestContainer.bytes(of: [TestEntry("a", body, meta: [JSON.Member("n", most)])]))
    }

    @Test("META beyond the 1 MiB kept in memory comes back from the spill in order, and leaves no file")
    func spill() async throws {
        let directory = try TemporaryDirectory()
        var options = ContainerWriter.Options()
        options.spillDirectory = directory.path
        let entries = (0..<40).map { number in
            TestEntry(
                "n\(number)", [UInt8(number)],
                meta: [JSON.Member("n", .number(String(repeating: "\(number % 9 + 1)", count: 90_000 + number)))])
        }
        let bytes = try TestContainer.bytes(of: entries, options: options)
        #expect(directory.names == [])
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        #expect(reader.layout.meta.count > 3 << 20)
        for entry in entries {
            let found = try #require(try await reader.find(EntryName(entry.name)))
            #expect(try await reader.metadata(of: found).json == entry.storedMeta)
        }
        #expect(try await findings(in: bytes).isEmpty)
    }
}
