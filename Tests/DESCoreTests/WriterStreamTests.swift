import Testing

@testable import DESCore

@Suite("Writing streamed bodies")
struct WriterStreamTests {
    /// Hands out a body in pieces of up to `pieceByteCount`, then what `atEnd` says.
    private struct Stream {
        let body: [UInt8]
        let pieceByteCount: Int
        var position = 0

        mutating func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
            let count = min(buffer.count, pieceByteCount, body.count - position)
            body.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
            }
            position += count
            return count
        }
    }

    private struct Failure: Error, Equatable {}

    @Test("a streamed body gives the same bytes as one appended at once", arguments: [1, 1_000, 1 << 20, 5 << 20])
    func sameBytes(pieceByteCount: Int) throws {
        var random = SeededGenerator(seed: 5)
        let small = pieceByteCount == 1
        let sizes = small ? [0, 1, 2, 300] : [0, 1, 5_000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20]
        let entries = sizes.map { size in
            TestEntry("n\(size)", .random(size, using: &random), meta: [JSON.Member("n", .integer(size))])
        }
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        for entry in entries {
            var stream = Stream(body: entry.body, pieceByteCount: pieceByteCount)
            try writer.append(
                EntryName(entry.name), meta: { entry.encode(into: &$0) }, byteCount: entry.body.count
            ) { stream.read($0) }
            #expect(stream.position == entry.body.count)
        }
        _ = try writer.seal()
        #expect(try sink.bytes == TestContainer.bytes(of: entries))
    }

    @Test("a stream is never asked for more than its entry still needs, nor for more than 1 MiB at a time")
    func neverAskedForMore() throws {
        var writer = try ContainerWriter(to: MemorySink())
        var asked: [Int] = []
        try writer.append(EntryName("a"), byteCount: (2 << 20) + 5) { buffer in
            asked.append(buffer.count)
            return buffer.count
        }
        #expect(asked == [1 << 20, 1 << 20, 5])
    }

    @Test("a stream that ends early or throws leaves no entry, only a gap, and its name is still free")
    func brokenStreams() async throws {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        try writer.append(EntryName("before"), body: Array("one".utf8).span.bytes)
        for start in [0, 1, 3, 2 << 20] {
            var short = Stream(body: [UInt8](repeating: 7, count: start), pieceByteCount: 1 << 20)
            #expect(throws: DESError(.conflict, "ends after \(start) of \(start + 1) bytes")) {
                try writer.append(EntryName("broken"), byteCount: start + 1) { short.read($0) }
            }
            var failing = Stream(body: [UInt8](repeating: 8, count: start), pieceByteCount: 1 << 20)
            #expect(throws: Failure()) {
                try writer.append(EntryName("broken"), byteCount: start + 1) {
                    let count = failing.read($0)
                    if count == 0 { throw Failure() }
                    return count
                }
            }
        }
        #expect(writer.entryCount == 1)
        try writer.append(EntryName("broken"), body: Array("two".utf8).span.bytes)
        _ = try writer.seal()
        #expect(try await findings(in: sink.bytes).isEmpty)
        let reader = try await ContainerReader(MemoryByteSource(sink.bytes))
        #expect(reader.layout.entryCount == 2)
        let gaps = 2 * (0 + 1 + 3 + (2 << 20))
        #expect(reader.layout.data.count == 6 + gaps)
        let found = try #require(try await reader.find(EntryName("broken")))
        #expect(try await reader.body(of: found) == Array("two".utf8))
    }

    @Test("a streamed second entry of one name is a conflict, and the writer stays usable")
    func duplicate() async throws {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        try writer.append(EntryName("a"), body: Array("one".utf8).span.bytes)
        #expect(errorCode { try writer.append(EntryName("a"), byteCount: 5) { $0.count } } == .conflict)
        try writer.append(EntryName("b"), body: Array("two".utf8).span.bytes)
        #expect(try writer.seal().entryCount == 2)
        #expect(try await findings(in: sink.bytes).isEmpty)
        let reader = try await ContainerReader(MemoryByteSource(sink.bytes))
        let found = try #require(try await reader.find(EntryName("a")))
        #expect(try await reader.body(of: found) == Array("one".utf8))
    }

    @Test("a body that no container may hold is refused before its first byte is asked for")
    func limits() throws {
        for byteCount in [-1, Limits.dataEndMax - 16, Limits.dataEndMax, .max - 16, .max] {
            let sink = MemorySink()
            var writer = try ContainerWriter(to: sink)
            var isAsked = false
            let code = errorCode {
                try writer.append(EntryName("a"), byteCount: byteCount) { _ in
                    isAsked = true
                    throw Failure()
                }
            }
            #expect(code == .invalidArgument, "\(byteCount) bytes")
            #expect(!isAsked, "\(byteCount) bytes")
            #expect(sink.bytes.count == 16)
        }
    }
}
