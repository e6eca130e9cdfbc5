import Testing

@testable import DESCore

@Suite("What a writer says of its entries")
struct SealReportTests {
    private var entries: [TestEntry] {
        var random = SeededGenerator(seed: 9)
        return (0..<3_000).map { TestEntry("name \($0)", .random($0 % 50, using: &random)) }
    }

    private func write(_ sink: any ByteSink, _ each: (Entry) -> Void) throws {
        var writer = try ContainerWriter(to: sink)
        for entry in entries {
            try writer.append(EntryName(entry.name), meta: { entry.encode(into: &$0) }, body: entry.body.span.bytes)
        }
        _ = try writer.seal(reporting: each)
    }

    @Test("it is what a reader finds, in the same order, and is said when the container is there")
    func same() async throws {
        let sink = MemorySink()
        var said: [Entry] = []
        try write(sink) { entry in
            #expect(sink.isCommitted)
            said.append(entry)
        }
        let index = try await ContainerReader(MemoryByteSource(sink.bytes)).index()
        #expect(said.count == 3_000)
        #expect(said == index.indices.map { index[$0] })
    }

    private final class FailingSink: ByteSink {
        func write(_ bytes: RawSpan) {}
        func abandon() {}
        func commit(tail: [UInt8], byteCount: Int) throws { throw DESError(.unavailable, "the disk is full") }
    }

    @Test("nothing is said of a container that could not be committed")
    func failed() {
        var count = 0
        #expect(throws: DESError.self) { try write(FailingSink()) { _ in count += 1 } }
        #expect(count == 0)
    }
}
