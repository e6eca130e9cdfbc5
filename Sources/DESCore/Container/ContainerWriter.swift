/// Writes one container: `append` entries in any order, then ``seal()``.
///
///     HEADER | DATA | META | INDEX | CHECKSUMS | ROOT | TRAILER | FOOTER
///
/// Bytes go to the sink in order and are never revisited. The same entries in the same order with the same options
/// give the same bytes. Memory: about 100 bytes and the name per entry. A writer that failed once refuses everything
/// after; one that is dropped without ``seal()`` leaves no container.
public struct ContainerWriter: ~Copyable {
    /// What the container says about itself.
    public struct Options: Sendable {
        /// Identity of the container.
        public var id = ContainerID.none
        /// Milliseconds since 1970 (UTC); 0 = unset.
        public var createdAt: Int64 = 0
        /// Epoch of the lease under which it is written; 0 = none.
        public var epoch: UInt64 = 0
        /// `shardBits` of the deployment's layout; 0 = none.
        public var shardBits = 0
        /// Where META is spilled once it exceeds 1 MiB.
        public var spillDirectory = "/tmp"

        /// The defaults: no identity, no time.
        public init() {}
    }

    /// What was sealed.
    public struct Summary: Sendable, Equatable {
        /// Entries in the container.
        public var entryCount: Int
        /// Bytes of the container.
        public var byteCount: Int
        /// Bytes of DATA.
        public var dataByteCount: Int
        /// Whether the small bodies lie in INDEX order.
        public var isClustered: Bool
    }

    let sink: any ByteSink
    let options: Options
    var position = 0
    var dataCRC = CRC32C()
    var metas: MetaSpill
    var entries = EntryTable()
    var indexByteCount = 0
    private var hasFailed = false

    /// Begins a container: writes the HEADER.
    public init(to sink: any ByteSink, options: Options = Options()) throws {
        self.sink = sink
        self.options = options
        metas = MetaSpill(directory: options.spillDirectory)
        let header = Header.bytes
        do {
            try put(header.span.bytes)
        } catch {
            sink.abandon()
            throw error
        }
    }

    /// Entries appended so far.
    public var entryCount: Int { entries.count }

    /// Whether more can be appended: nothing has failed yet.
    public var isUsable: Bool { !hasFailed }

    /// Appends the entries of `batch`.
    ///
    /// A name that the container already has is left out, whole.
    /// - Returns: positions in the batch of the entries that were left out.
    /// - Throws: when a limit of the format would be exceeded or the sink fails; the writer is then of no more use.
    @discardableResult
    public mutating func append(_ batch: EntryBatch) throws -> [Int] {
        try guarded { (writer: inout ContainerWriter) throws in try writer.appendUnguarded(batch) }
    }

    /// Appends one entry.
    /// - Throws: ``DESError/Code/conflict`` for a name that is already there; the writer stays usable.
    public mutating func append(
        _ name: EntryName, meta: (inout MetaEncoder) -> Void = { _ in }, body: RawSpan
    ) throws {
        var batch = EntryBatch(bodyCapacity: body.byteCount)
        try batch.append(name, meta: meta, body: body)
        if try !append(batch).isEmpty { throw ContainerWriter.duplicate(name) }
    }

    /// Appends one entry of `byteCount` bytes, read in pieces of up to 1 MiB: a large body is never held in memory.
    ///
    /// `read` fills the buffer it is given and returns the count, 0 at the end. If it throws, or ends before
    /// `byteCount` bytes, no entry is made; the bytes already written stay behind as a gap in DATA, and the writer
    /// stays usable.
    /// - Throws: what `read` throws; ``DESError/Code/conflict`` for a name that is already there or a body that is
    ///   shorter than said.
    public mutating func append(
        _ name: EntryName, meta: (inout MetaEncoder) -> Void = { _ in }, byteCount: Int,
        read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws {
        guard byteCount >= 0, byteCount < Limits.dataEndMax - position else {
            throw ContainerWriter.full
        }
        // A batch of one with an empty body checks name and META and makes key and checksums.
        var batch = EntryBatch()
        try batch.append(name, meta: meta, statedSize: byteCount)
        if entries.contains(batch.items[0].key, name: batch.names.span.bytes) { throw ContainerWriter.duplicate(name) }
        let start = position
        var crc = CRC32C()
        var buffer = [UInt8](repeating: 0, count: min(max(byteCount, 1), 1 << 20))
        while position - start < byteCount {
            let count = try buffer.withUnsafeMutableBytes {
                try read(UnsafeMutableRawBufferPointer(rebasing: $0[..<min($0.count, byteCount - (position - start))]))
            }
            guard count > 0 else {
                throw DESError(.conflict, "ends after \(position - start) of \(byteCount) bytes")
            }
            let piece = buffer.span.bytes.extracting(0..<count).crc32c
            crc.append(piece, byteCount: count)
            dataCRC.append(piece, byteCount: count)
            try guarded { (writer: inout ContainerWriter) throws in
                try writer.put(buffer.span.bytes.extracting(0..<count))
            }
        }
        let added = try guarded { (writer: inout ContainerWriter) throws in
            try writer.insert(
                batch.items[0], name: batch.names.span.bytes, meta: batch.metas.span.bytes,
                body: start..<writer.position, bodyCRC: crc.value)
        }
        if !added { throw ContainerWriter.duplicate(name) }
    }

    private static var full: DESError {
        DESError(
            .invalidArgument,
            "the container is full: at most \(Limits.entryCountMax) entries, \(Limits.dataEndMax) bytes up to the end of "
                + "DATA and \(Limits.indexByteCountMax) of INDEX")
    }

    private static func duplicate(_ name: EntryName) -> DESError {
        DESError(.conflict, "the container already has an entry named \(name.quoted)")
    }

    private mutating func appendUnguarded(_ batch: EntryBatch) throws -> [Int] {
        var left: [Int] = []
        var (name, meta, body, written) = (0, 0, 0, 0)
        for (number, item) in batch.items.enumerated() {
            let isNew = try insert(
                item, name: batch.names.span.bytes.extracting(name..<name + item.nameByteCount),
                meta: batch.metas.span.bytes.extracting(meta..<meta + item.metaByteCount),
                body: position + body - written..<position + body - written + item.bodyByteCount,
                bodyCRC: item.bodyCRC)
            if isNew {
                dataCRC.append(item.bodyCRC, byteCount: item.bodyByteCount)
            } else {
                try put(batch.bodies.span.bytes.extracting(written..<body))
                written = body + item.bodyByteCount
                left.append(number)
            }
            name += item.nameByteCount
            meta += item.metaByteCount
            body += item.bodyByteCount
        }
        try put(batch.bodies.span.bytes.extracting(written..<body))
        return left
    }

    /// Remembers an entry; `false` if its name is already there.
    private mutating func insert(
        _ item: EntryBatch.Item, name: RawSpan, meta: RawSpan, body: Range<Int>, bodyCRC: UInt32
    ) throws -> Bool {
        let indexEnd = indexByteCount + IndexEntry.prefixByteCount + name.byteCount + IndexEntry.fixedByteCount
        guard entries.count < Limits.entryCountMax, indexEnd < Limits.indexByteCountMax,
            body.upperBound < Limits.dataEndMax
        else {
            throw ContainerWriter.full
        }
        let record = EntryTable.Record(
            key: item.key.rawValue, dataOffset: body.lowerBound, dataByteCount: body.count,
            metaOffset: metas.byteCount, nameChunk: 0, nameOffset: 0, bodyCRC: bodyCRC, metaCRC: item.metaCRC,
            metaByteCount: UInt32(meta.byteCount), nameByteCount: 0, flags: 0)
        guard entries.insert(record, name: name) else { return false }
        try metas.append(meta)
        indexByteCount = indexEnd
        return true
    }

    mutating func put(_ bytes: RawSpan) throws {
        guard bytes.byteCount > 0 else { return }
        try sink.write(bytes)
        position += bytes.byteCount
    }

    /// Runs a step that leaves the writer unusable, and nothing behind, when it throws.
    mutating func guarded<R>(_ step: (inout ContainerWriter) throws -> R) throws -> R {
        if hasFailed { throw DESError(.unavailable, "this writer failed before and accepts nothing more") }
        hasFailed = true
        do {
            let result = try step(&self)
            hasFailed = false
            return result
        } catch {
            sink.abandon()
            throw error
        }
    }
}
