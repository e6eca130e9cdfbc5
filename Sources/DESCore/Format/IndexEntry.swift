internal import Glibc

/// One entry of INDEX: u16 name byte count, the name, then 36 bytes.
///
///     0  u64 dataOffset   8  u64 dataLength   16  u64 metaOffset   24  u64 metaLength   32  u32 flags
enum IndexEntry {
    /// Bytes before the name.
    static let prefixByteCount = 2
    /// Bytes after the name.
    static let fixedByteCount = 36
    /// Bytes of the smallest entry, with a name of one byte.
    static let byteCountMin = prefixByteCount + 1 + fixedByteCount

    /// Where the name of the entry at `offset` lies in `bytes`.
    /// - Throws: ``DESError/Code/corrupt`` if the entry does not fit; `start` is where `bytes` begins in the container.
    @inline(__always)
    static func name(at offset: Int, in bytes: RawSpan, start: Int) throws(DESError) -> Range<Int> {
        guard bytes.byteCount - offset >= byteCountMin else {
            throw .corrupt("INDEX ends inside an entry", at: start + offset)
        }
        let count = Int(bytes.integer(at: offset, as: UInt16.self))
        let nameStart = offset + prefixByteCount
        guard count > 0, bytes.byteCount - nameStart - fixedByteCount >= count else {
            throw .corrupt("an entry with a name of \(count) bytes does not fit there", at: start + offset)
        }
        return nameStart..<nameStart + count
    }

    /// An entry that was found in a page: its place there, and where its name ends.
    struct Found {
        var place: Int
        var nameEnd: Int
    }

    /// What a search through a page came to.
    enum SearchResult {
        case found(Found)
        case absent
        /// The entry at `offset` does not fit into the page.
        case malformed(offset: Int)
    }

    /// Looks for `name` among the first `count` entries of `page`, from the first one on.
    static func search(for name: RawSpan, in page: RawSpan, count: Int) -> SearchResult {
        name.withUnsafeBytes { name in
            page.withUnsafeBytes { page in
                let wanted = Wanted(name)
                var offset = 0
                for place in 0..<count {
                    guard let next = end(ofEntryAt: offset, in: page) else { return .malformed(offset: offset) }
                    if wanted.isName(ofEntryAt: offset, in: page) {
                        return .found(Found(place: place, nameEnd: next - fixedByteCount))
                    }
                    offset = next
                }
                return .absent
            }
        }
    }

    /// Where the entry at `offset` ends, `nil` if it does not fit into the page.
    @inline(__always)
    private static func end(ofEntryAt offset: Int, in page: UnsafeRawBufferPointer) -> Int? {
        let around = prefixByteCount + fixedByteCount
        guard offset &+ around < page.count else { return nil }
        let length = Int(UInt16(littleEndian: page.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        let next = offset &+ around &+ length
        return length > 0 && next <= page.count ? next : nil
    }

    /// A name to compare with many: by its length, then its last eight bytes, in which names differ most, then all.
    private struct Wanted {
        private let name: UnsafeRawBufferPointer
        private let ending: UInt64

        init(_ name: UnsafeRawBufferPointer) {
            self.name = name
            ending = name.count >= 8 ? name.loadUnaligned(fromByteOffset: name.count - 8, as: UInt64.self) : 0
        }

        /// The entry at `offset`, which fits into the page, has this name.
        @inline(__always)
        func isName(ofEntryAt offset: Int, in page: UnsafeRawBufferPointer) -> Bool {
            guard let start = page.baseAddress, let wanted = name.baseAddress else { return false }
            let entry = start + offset
            guard Int(UInt16(littleEndian: entry.loadUnaligned(as: UInt16.self))) == name.count else { return false }
            let found = entry + prefixByteCount
            let mayBeEqual =
                name.count < 8 || found.loadUnaligned(fromByteOffset: name.count &- 8, as: UInt64.self) == ending
            return mayBeEqual && memcmp(found, wanted, name.count) == 0
        }
    }

    /// The 36 bytes after the name, at `offset` in `bytes`, checked against the regions of the container.
    @inline(__always)
    static func location(at offset: Int, in bytes: RawSpan, start: Int, footer: Footer) throws(DESError)
        -> EntryLocation
    {
        let dataOffset = bytes.integer(at: offset, as: UInt64.self)
        let dataByteCount = bytes.integer(at: offset + 8, as: UInt64.self)
        let metaOffset = bytes.integer(at: offset + 16, as: UInt64.self)
        let metaByteCount = bytes.integer(at: offset + 24, as: UInt64.self)
        let flags = EntryFlags(rawValue: bytes.integer(at: offset + 32, as: UInt32.self))

        guard let meta = footer.meta.range(metaOffset, metaByteCount), meta.count <= Limits.metaByteCountMax else {
            throw .corrupt(
                "META of \(metaByteCount) bytes at \(metaOffset) is not inside \(footer.meta), or has more than "
                    + "\(Limits.metaByteCountMax) bytes", at: start + offset + 16)
        }
        if flags.contains(.external) {
            guard dataOffset == 0, dataByteCount <= UInt64(Int64.max) else {
                throw .corrupt("an external body lies at \(dataOffset), expected 0", at: start + offset)
            }
            return EntryLocation(body: 0..<0, bodyByteCount: Int(dataByteCount), meta: meta, flags: flags)
        }
        guard let body = footer.data.range(dataOffset, dataByteCount) else {
            throw .corrupt(
                "a body of \(dataByteCount) bytes at \(dataOffset) is not inside DATA, \(footer.data)",
                at: start + offset)
        }
        return EntryLocation(body: body, bodyByteCount: body.count, meta: meta, flags: flags)
    }
}

extension Range<Int> {
    /// The part of `count` bytes at `offset`, `nil` unless all of it is inside. Cannot overflow.
    fileprivate func range(_ offset: UInt64, _ count: UInt64) -> Range<Int>? {
        guard offset >= UInt64(lowerBound), offset <= UInt64(upperBound), count <= UInt64(upperBound) - offset else {
            return nil
        }
        return Int(offset)..<Int(offset + count)
    }
}
