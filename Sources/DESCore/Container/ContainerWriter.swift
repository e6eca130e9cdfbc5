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

    /// Where the next body would lie: bytes written so far.
    public var dataEnd: Int { position }

    /// Whether more can be appended: nothing has failed yet.
    public var isUsable: Bool { !hasFailed }

    /// Appends the entries of `batch`.
    ///
    /// A name that the container already has is left out, whole.
    /// - Parameter placed: is told of each other entry its position in the batch, and where its body lies.
    /// - Returns: positions in the batch of the entries that were left out.
    /// - Throws: when a limit of the format would be exceeded or the sink fails; the writer is then of no more use.
    @discardableResult
    public mutating func append(
        _ batch: EntryBatch, placed: (Int, BodyPlace) -> Void = { _, _ in }
    ) throws -> [Int] {
        try guarded { (writer: inout ContainerWriter) throws in try writer.appendUnguarded(batch, placed) }
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
        var body = try begin(name, meta: meta, byteCount: byteCount)
        var buffer = [UInt8](repeating: 0, count: min(max(byteCount, 1), 1 << 20))
        while body.missingByteCount > 0 {
            let count = try buffer.withUnsafeMutableBytes {
                try read(UnsafeMutableRawBufferPointer(rebasing: $0[..<min($0.count, body.missingByteCount)]))
            }
            if count == 0 { break }
            try append(buffer.span.bytes.extracting(0..<count), to: &body)
        }
        _ = try end(body)
    }

    /// An entry whose body comes in pieces.
    public struct StreamedBody: Sendable {
        fileprivate let batch: EntryBatch
        fileprivate let start: Int
        fileprivate let byteCount: Int
        fileprivate var crc = CRC32C()
        /// Bytes that have not come yet.
        public fileprivate(set) var missingByteCount: Int
        /// The META object.
        public var meta: [UInt8] { batch.metas }
    }

    /// Begins an entry of `byteCount` bytes, which are given to ``append(_:to:)`` before anything else is appended.
    /// - Throws: ``DESError/Code/conflict`` for a name that is already there.
    public mutating func begin(
        _ name: EntryName, meta: (inout MetaEncoder) -> Void = { _ in }, byteCount: Int
    ) throws -> StreamedBody {
        guard byteCount >= 0, byteCount < Limits.dataEndMax - position else {
            throw ContainerWriter.full
        }
        let batch = try entryWithoutBody(name, meta: meta, byteCount: byteCount)
        return StreamedBody(batch: batch, start: position, byteCount: byteCount, missingByteCount: byteCount)
    }

    /// A batch of one with an empty body: checks name and META, and makes key and checksums.
    private func entryWithoutBody(
        _ name: EntryName, meta: (inout MetaEncoder) -> Void, byteCount: Int
    ) throws -> EntryBatch {
        var batch = EntryBatch()
        try batch.append(name, meta: meta, statedSize: byteCount)
        if entries.contains(batch.items[0].key, name: batch.names.span.bytes) { throw ContainerWriter.duplicate(name) }
        return batch
    }

    /// The next bytes of the body.
    /// - Throws: ``DESError/Code/conflict`` if they are more than was said; the writer stays usable.
    public mutating func append(_ bytes: RawSpan, to body: inout StreamedBody) throws {
        guard bytes.byteCount <= body.missingByteCount else {
            throw DESError(.conflict, "has more than \(body.byteCount) bytes")
        }
        precondition(
            body.start + body.byteCount - body.missingByteCount == position, "something else was appended meanwhile")
        let piece = bytes.crc32c
        body.crc.append(piece, byteCount: bytes.byteCount)
        dataCRC.append(piece, byteCount: bytes.byteCount)
        try guarded { (writer: inout ContainerWriter) throws in try writer.put(bytes) }
        body.missingByteCount -= bytes.byteCount
    }

    /// The body is whole: it becomes an entry.
    /// - Throws: ``DESError/Code/conflict`` if it is shorter than was said: then there is no entry, and its bytes are a gap in
    ///   DATA.
    public mutating func end(_ body: StreamedBody) throws -> BodyPlace {
        guard body.missingByteCount == 0 else {
            throw DESError(.conflict, "ends after \(body.byteCount - body.missingByteCount) of \(body.byteCount) bytes")
        }
        let place = BodyPlace(offset: body.start, byteCount: body.byteCount, crc: body.crc.value)
        try add(body.batch, place)
        return place
    }

    /// Appends an entry whose body lies outside, see ``ContainerKey/bodyKey(of:)``.
    /// - Returns: its META object, which says so.
    public mutating func append(
        external name: EntryName, meta: (inout MetaEncoder) -> Void, key: String, byteCount: Int, crc: UInt32
    ) throws -> [UInt8] {
        let batch = try entryWithoutBody(
            name,
            meta: { encoder in
                meta(&encoder)
                encoder.set("is_external", .bool(true))
                encoder.set("external_key", key)
            }, byteCount: byteCount)
        try add(batch, BodyPlace(offset: 0, byteCount: byteCount, crc: crc, flags: .external))
        return batch.metas
    }

    /// Adds the only entry of `batch`.
    private mutating func add(_ batch: EntryBatch, _ place: BodyPlace) throws {
        _ = try guarded { (writer: inout ContainerWriter) throws in
            try writer.insert(batch.items[0], name: batch.names.span.bytes, meta: batch.metas.span.bytes, place)
        }
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

    private mutating func appendUnguarded(
        _ batch: EntryBatch, _ placed: (Int, BodyPlace) -> Void
    ) throws -> [Int] {
        var left: [Int] = []
        var (name, meta, body, written) = (0, 0, 0, 0)
        for (number, item) in batch.items.enumerated() {
            let start = position + body - written
            let place = BodyPlace(offset: start, byteCount: item.bodyByteCount, crc: item.bodyCRC)
            let isNew = try insert(
                item, name: batch.names.span.bytes.extracting(name..<name + item.nameByteCount),
                meta: batch.metas.span.bytes.extracting(meta..<meta + item.metaByteCount), place)
            if isNew {
                placed(number, place)
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
        _ item: EntryBatch.Item, name: RawSpan, meta: RawSpan, _ place: BodyPlace
    ) throws -> Bool {
        let indexEnd = indexByteCount + IndexEntry.prefixByteCount + name.byteCount + IndexEntry.fixedByteCount
        guard entries.count < Limits.entryCountMax, indexEnd < Limits.indexByteCountMax,
            place.flags.contains(.external) || place.offset + place.byteCount < Limits.dataEndMax
        else {
            throw ContainerWriter.full
        }
        let record = EntryTable.Record(
            key: item.key.rawValue, dataOffset: place.offset, dataByteCount: place.byteCount,
            metaOffset: metas.byteCount, nameChunk: 0, nameOffset: 0, bodyCRC: place.crc, metaCRC: item.metaCRC,
            metaByteCount: UInt32(meta.byteCount), nameByteCount: 0, flags: UInt16(place.flags.rawValue))
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
