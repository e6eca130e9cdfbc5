/// What a writer remembers of each entry until it seals: 56 bytes and the name, in chunks that never move.
///
/// A growing array would hold old and new copy at once; chunks keep the peak at what is needed.
struct EntryTable {
    struct Record {
        var key: UInt64
        var dataOffset: Int
        var dataByteCount: Int
        var metaOffset: Int
        var nameChunk: UInt32
        var nameOffset: UInt32
        var bodyCRC: UInt32
        var metaCRC: UInt32
        var metaByteCount: UInt32
        var nameByteCount: UInt16
        var flags: UInt16

        var isExternal: Bool { EntryFlags(rawValue: UInt32(flags)).contains(.external) }
        /// Small bodies take part in clustering.
        var isSmall: Bool { dataByteCount < Limits.smallBodyByteCountMax }
    }

    private static let recordsPerChunk = 1 << 14
    private static let nameBytesPerChunk = 1 << 20

    private var recordChunks: [ContiguousArray<Record>] = []
    private var nameChunks: [ContiguousArray<UInt8>] = []
    /// Open addressing over record numbers plus one, 0 is free; finds a name that was already appended.
    private var slots: [UInt32] = Array(repeating: 0, count: 1 << 10)
    private(set) var count = 0

    subscript(index: Int) -> Record { recordChunks[index / Self.recordsPerChunk][index % Self.recordsPerChunk] }

    func withName<R>(of record: Record, _ body: (RawSpan) -> R) -> R {
        let start = Int(record.nameOffset)
        return nameChunks[Int(record.nameChunk)].withUnsafeBytes {
            body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(record.nameByteCount)])))
        }
    }

    /// Adds a record, with `name` filled in by the table; `false` if the name is already there.
    mutating func insert(_ record: Record, name: RawSpan) -> Bool {
        if 4 * (count + 1) > 3 * slots.count { grow() }
        let slot = slot(of: record.key, name: name)
        guard slots[slot] == 0 else { return false }
        var record = record
        if nameChunks.last.map({ $0.count + name.byteCount > Self.nameBytesPerChunk }) ?? true {
            var chunk = ContiguousArray<UInt8>()
            chunk.reserveCapacity(Self.nameBytesPerChunk)
            nameChunks.append(chunk)
        }
        record.nameChunk = UInt32(nameChunks.count - 1)
        record.nameOffset = UInt32(nameChunks[nameChunks.count - 1].count)
        record.nameByteCount = UInt16(name.byteCount)
        name.withUnsafeBytes { nameChunks[nameChunks.count - 1].append(contentsOf: $0) }
        if count % Self.recordsPerChunk == 0 {
            var chunk = ContiguousArray<Record>()
            chunk.reserveCapacity(Self.recordsPerChunk)
            recordChunks.append(chunk)
        }
        recordChunks[recordChunks.count - 1].append(record)
        count += 1
        slots[slot] = UInt32(count)
        return true
    }

    /// Whether there is a record of that name.
    func contains(_ key: EntryKey, name: RawSpan) -> Bool { slots[slot(of: key.rawValue, name: name)] != 0 }

    /// The slot that holds the name, or the free one where it belongs.
    private func slot(of key: UInt64, name: RawSpan) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: key) & mask
        while slots[slot] != 0 {
            let record = self[Int(slots[slot]) - 1]
            if record.key == key, withName(of: record, { $0.equals(name) }) { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        let mask = 2 * slots.count - 1
        slots = Array(repeating: 0, count: 2 * slots.count)
        for index in 0..<count {
            var slot = Int(truncatingIfNeeded: self[index].key) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index + 1)
        }
    }

    /// Record numbers in (key, name) order. The names' hash table goes: nothing can be added after this.
    mutating func sorted() -> [UInt32] {
        slots = []
        var keys: [(key: UInt64, index: UInt32)] = []
        keys.reserveCapacity(count)
        for index in 0..<count { keys.append((self[index].key, UInt32(index))) }
        keys.sort { a, b in
            if a.key != b.key { return a.key < b.key }
            let (first, second) = (self[Int(a.index)], self[Int(b.index)])
            return withName(of: first) { x in
                withName(of: second) { y in
                    x.precedes(y)
                }
            }
        }
        return keys.map(\.index)
    }
}
