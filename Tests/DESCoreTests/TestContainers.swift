@testable import DESCore

/// One entry of a container under test: what went in, and so what must come out.
struct TestEntry: Sendable {
    var name: String
    var body: [UInt8]
    var meta: [JSON.Member]

    init(_ name: String, _ body: [UInt8] = [], meta: [JSON.Member] = []) {
        (self.name, self.body, self.meta) = (name, body, meta)
    }

    /// What META must say: the caller's members without `"size"`, then the size of the body.
    var storedMeta: JSON {
        .object(meta.filter { $0.key != "size" } + [JSON.Member("size", .integer(body.count))])
    }

    func encode(into encoder: inout MetaEncoder) {
        for member in meta { encoder.set(member.key, member.value) }
    }
}

/// Containers made in memory with the writer.
enum TestContainer {
    static func bytes(
        of entries: [TestEntry], options: ContainerWriter.Options = ContainerWriter.Options()
    ) throws -> [UInt8] {
        let sink = MemorySink()
        try write(entries, to: sink, options: options)
        return sink.bytes
    }

    @discardableResult
    static func write(
        _ entries: [TestEntry], to sink: any ByteSink, options: ContainerWriter.Options = ContainerWriter.Options()
    ) throws -> ContainerWriter.Summary {
        var writer = try ContainerWriter(to: sink, options: options)
        for entry in entries {
            try writer.append(EntryName(entry.name), meta: { entry.encode(into: &$0) }, body: entry.body.span.bytes)
        }
        return try writer.seal()
    }

    /// `count` entries with the same body, named `n` and their number; quick to make, for what needs many.
    static func numbered(_ count: Int, body: [UInt8] = []) throws -> [UInt8] {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        var batch = EntryBatch()
        for number in 0..<count { try batch.append(EntryName("n\(number)"), body: body.span.bytes) }
        try writer.append(batch)
        _ = try writer.seal()
        return sink.bytes
    }

    /// One of everything: ordinary bodies, an empty one, a path, META of the caller, and a gap in DATA.
    static let mixed: [TestEntry] = [
        TestEntry("alpha", Array("the first body".utf8), meta: [JSON.Member("mode", .integer(0o644))]),
        TestEntry("empty"),
        TestEntry("dir/beta", Array("second".utf8)),
        TestEntry("gämma", Array("third body".utf8), meta: [JSON.Member("note", .string("\u{1F4E6}"))]),
    ]

    /// ``mixed`` with identity, time and epoch set, and a gap in DATA that a broken stream left.
    static func mixedBytes() throws -> [UInt8] {
        var options = ContainerWriter.Options()
        var generator = SeededGenerator(seed: 7)
        options.id = ContainerID(milliseconds: 1_763_683_200_000, using: &generator)
        (options.createdAt, options.epoch, options.shardBits) = (1_763_683_200_000, 3, 8)
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink, options: options)
        for entry in mixed {
            try writer.append(EntryName(entry.name), meta: { entry.encode(into: &$0) }, body: entry.body.span.bytes)
        }
        var isFirst = true
        do {
            try writer.append(EntryName("broken"), byteCount: 9) { buffer in
                defer { isFirst = false }
                buffer[0] = 0x55
                return isFirst ? 1 : 0
            }
        } catch let error as DESError where error.code == .conflict {}
        _ = try writer.seal()
        return sink.bytes
    }
}

/// Runs the verifier over bytes in memory.
func findings(in bytes: [UInt8]) async throws -> [Finding] {
    var found: [Finding] = []
    _ = try await Verifier.verify(MemoryByteSource(bytes)) { found.append($0) }
    return found
}

extension [UInt8] {
    /// Random bytes.
    static func random(_ count: Int, using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { Swift.withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        return Array(bytes.prefix(count))
    }
}

extension RawSpan {
    /// Whether these are exactly `bytes`.
    func holds(_ bytes: [UInt8]) -> Bool { equals(bytes.span.bytes) }
}

/// The CRC32C of `bytes`.
func crc32c(_ bytes: [UInt8]) -> UInt32 { CRC32C.of(bytes.span.bytes) }

/// The code of the error that `body` throws, `nil` if it throws none or another kind.
func errorCode<R>(_ body: () throws -> R) -> DESError.Code? {
    do { _ = try body() } catch { return (error as? DESError)?.code }
    return nil
}

/// The same for what is asynchronous.
func asyncErrorCode<R>(_ body: () async throws -> R) async -> DESError.Code? {
    do { _ = try await body() } catch { return (error as? DESError)?.code }
    return nil
}
