/// Entries ready to be appended: bodies, META and names back to back, checked and with their checksums.
///
/// All the work that needs no order happens here, so batches can be made on any thread and appended by one.
public struct EntryBatch: Sendable {
    struct Item {
        var key: EntryKey
        var nameByteCount: Int
        var bodyByteCount: Int
        var metaByteCount: Int
        var bodyCRC: UInt32
        var metaCRC: UInt32
    }

    private(set) var items: [Item] = []
    private(set) var names: [UInt8] = []
    private(set) var metas: [UInt8] = []
    /// The bodies are the first ``bodyByteCount`` bytes; the rest is room that was already paid for.
    private(set) var bodies: [UInt8] = []
    /// Bytes of all bodies.
    public private(set) var bodyByteCount = 0

    /// An empty batch with room for `bodyCapacity` bytes of bodies.
    public init(bodyCapacity: Int = 0) {
        bodies = [UInt8](repeating: 0, count: bodyCapacity)
    }

    /// Entries in the batch.
    public var count: Int { items.count }

    /// The name of the entry at `position`.
    public func name(at position: Int) -> EntryName {
        let start = items[..<position].reduce(0) { $0 + $1.nameByteCount }
        let bytes = names.span.bytes.extracting(start..<start + items[position].nameByteCount)
        guard let name = EntryName(bytes) else { preconditionFailure("a batch holds only valid names") }
        return name
    }

    /// Empties the batch but keeps its memory.
    public mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        metas.removeAll(keepingCapacity: true)
        bodyByteCount = 0
    }

    /// Adds an entry with the given body.
    /// - Throws: ``DESError/Code/invalidArgument`` if the name or META breaks a limit; the batch is as before.
    public mutating func append(
        _ name: EntryName, meta: (inout MetaEncoder) -> Void = { _ in }, body: RawSpan
    ) throws(DESError) {
        _ = try append(name, meta: meta, bodyByteCountMax: body.byteCount) { buffer in
            body.withUnsafeBytes { buffer.copyMemory(from: $0) }
            return body.byteCount
        }
    }

    /// Adds an entry whose body `read` puts into a buffer of `bodyByteCountMax` bytes; it returns the count, or `nil`
    /// to add nothing.
    /// - Returns: whether an entry was added.
    public mutating func append(
        _ name: EntryName, meta: (inout MetaEncoder) -> Void = { _ in }, bodyByteCountMax: Int,
        read: (UnsafeMutableRawBufferPointer) throws(DESError) -> Int?
    ) throws(DESError) -> Bool {
        if let fault = name.pathFault { throw DESError(.invalidArgument, "the name \(name.quoted) \(fault)") }
        let end = bodyByteCount + bodyByteCountMax
        if end > bodies.count {
            bodies.append(contentsOf: repeatElement(0, count: max(end, 2 * bodies.count) - bodies.count))
        }
        var failure: DESError?
        let (count, crc) = bodies.withUnsafeMutableBytes { bodies -> (Int?, UInt32) in
            let room = UnsafeMutableRawBufferPointer(rebasing: bodies[bodyByteCount..<end])
            do throws(DESError) {
                guard let count = try read(room) else { return (nil, 0) }
                return (count, CRC32C.of(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: room[..<count]))))
            } catch {
                failure = error
                return (nil, 0)
            }
        }
        if let failure { throw failure }
        guard let count else { return false }
        try add(name, meta: meta, size: count, bodyByteCount: count, bodyCRC: crc)
        return true
    }

    /// Adds an entry without its body, of which only the size is known yet: the writer streams it.
    mutating func append(
        _ name: EntryName, meta: (inout MetaEncoder) -> Void, statedSize: Int
    ) throws(DESError) {
        if let fault = name.pathFault { throw DESError(.invalidArgument, "the name \(name.quoted) \(fault)") }
        try add(name, meta: meta, size: statedSize, bodyByteCount: 0, bodyCRC: 0)
    }

    private mutating func add(
        _ name: EntryName, meta: (inout MetaEncoder) -> Void, size: Int, bodyByteCount: Int, bodyCRC: UInt32
    ) throws(DESError) {
        let (metaByteCount, metaCRC) = try encodeMeta(meta, size: size)
        let key = name.withBytes { bytes in
            names.append(bytes)
            return EntryKey(bytes)
        }
        items.append(
            Item(
                key: key, nameByteCount: name.string.utf8.count, bodyByteCount: bodyByteCount,
                metaByteCount: metaByteCount, bodyCRC: bodyCRC, metaCRC: metaCRC))
        self.bodyByteCount += bodyByteCount
    }

    private mutating func encodeMeta(
        _ meta: (inout MetaEncoder) -> Void, size: Int
    ) throws(DESError) -> (byteCount: Int, crc: UInt32) {
        let start = metas.count
        var encoder = MetaEncoder(after: metas)
        metas = []
        meta(&encoder)
        let encoded = encoder.finish(size: size)
        metas = encoded
        let byteCount = metas.count - start
        guard byteCount <= Limits.metaByteCountMax else {
            metas.removeLast(byteCount)
            throw DESError(
                .invalidArgument, "META of \(byteCount) bytes, at most \(Limits.metaByteCountMax) are allowed")
        }
        return (byteCount, metas.span.bytes.extracting(start..<start + byteCount).crc32c)
    }
}
