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
    private(set) var bodies: [UInt8] = []

    /// An empty batch with room for `entryCapacity` entries and `bodyCapacity` bytes of bodies.
    public init(entryCapacity: Int = 0, bodyCapacity: Int = 0) {
        items.reserveCapacity(entryCapacity)
        names.reserveCapacity(entryCapacity * 32)
        metas.reserveCapacity(entryCapacity * 128)
        bodies.reserveCapacity(bodyCapacity)
    }

    /// Bytes of all bodies.
    public var bodyByteCount: Int { bodies.count }

    /// Entries in the batch.
    public var count: Int { items.count }

    /// The name of the entry at `position`.
    public func name(at position: Int) -> EntryName {
        let start = items[..<position].reduce(0) { $0 + $1.nameByteCount }
        let bytes = names.span.bytes.extracting(start..<start + items[position].nameByteCount)
        guard let name = EntryName(bytes) else { preconditionFailure("a batch holds only valid names") }
        return name
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
        let start = bodies.count
        var isAdded = false
        try bodies.append(addingCapacity: bodyByteCountMax) { room throws(DESError) in
            try room.withUnsafeMutableBufferPointer { buffer, count throws(DESError) in
                if let read = try read(UnsafeMutableRawBufferPointer(buffer)) { (count, isAdded) = (read, true) }
            }
        }
        guard isAdded else { return false }
        let byteCount = bodies.count - start
        let crc = bodies.span.bytes.extracting(start..<bodies.count).crc32c
        do throws(DESError) {
            try add(name, meta: meta, size: byteCount, bodyByteCount: byteCount, bodyCRC: crc)
        } catch {
            bodies.removeLast(byteCount)
            throw error
        }
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
    }

    private mutating func encodeMeta(
        _ meta: (inout MetaEncoder) -> Void, size: Int
    ) throws(DESError) -> (byteCount: Int, crc: UInt32) {
        let start = metas.count
        var encoder = MetaEncoder(borrowing: &metas)
        meta(&encoder)
        encoder.finish(size: size, returning: &metas)
        let byteCount = metas.count - start
        guard byteCount <= Limits.metaByteCountMax else {
            metas.removeLast(byteCount)
            throw DESError(
                .invalidArgument, "META of \(byteCount) bytes, at most \(Limits.metaByteCountMax) are allowed")
        }
        return (byteCount, metas.span.bytes.extracting(start..<start + byteCount).crc32c)
    }
}

extension EntryBatch {
    /// The META objects of all entries, in their order.
    package func eachMeta() -> [[UInt8]] {
        var start = 0
        return items.map { item in
            defer { start += item.metaByteCount }
            return Array(metas[start..<start + item.metaByteCount])
        }
    }
}
