extension ContainerLayout {
    /// Finds `name` in one page of INDEX.
    /// - Parameters:
    ///   - index: exactly the page's bytes.
    ///   - checksums: exactly the page's part of CHECKSUMS.
    ///   - isChecked: the page's checksum was already compared.
    func find(
        _ name: RawSpan, page: Int, index: RawSpan, checksums: RawSpan, isChecked: Bool = false
    ) throws(DESError) -> EntryLocation? {
        let start = self.index(ofPages: page..<page + 1).lowerBound
        if !isChecked { try checkPage(page, index: index, checksums: checksums) }
        switch IndexEntry.search(for: name, in: index, count: entryCount(ofPage: page)) {
        case .found(let found): return try location(of: found, index: index, checksums: checksums, start: start)
        case .malformed(let offset):
            throw .corrupt("the entry there does not fit into page \(page)", at: start + offset)
        case .absent: break
        }
        return nil
    }

    /// The location of an entry that was found in a page; `start` is where the page begins in the container.
    @inline(__always)
    func location(
        of found: IndexEntry.Found, index: RawSpan, checksums: RawSpan, start: Int
    ) throws(DESError) -> EntryLocation {
        var location = try IndexEntry.location(at: found.nameEnd, in: index, start: start, footer: footer)
        (location.bodyCRC, location.metaCRC) = ContainerLayout.checksums(ofPlace: found.place, in: checksums)
        return location
    }

    /// Where the small body of `key` likely lies, with room around it.
    ///
    /// Keys are parts of a digest and so evenly spread, and small bodies lie in their order: the body of a key that is a
    /// third of the way through its page lies about a third of the way through the page's bodies.
    func window(around key: EntryKey, page: Int, byteCountMax: Int) -> Range<Int> {
        let smallEnd = trailer?.smallEnd ?? 0
        let start = max(data.lowerBound, root.position(ofPage: page))
        let end = page + 1 < pageCount ? min(smallEnd, root.position(ofPage: page + 1) + Root.positionStep) : smallEnd
        guard end - start > byteCountMax else { return start..<max(start, end) }
        let middle = start + Int(Double(end - start) * root.fraction(of: key, inPage: page))
        let lower = min(max(start, middle - byteCountMax / 2), end - byteCountMax)
        return lower..<lower + byteCountMax
    }

    func entryCount(ofPage page: Int) -> Int { trailer?.geometry.entryCount(ofPage: page) ?? 0 }

    /// CRC32C of body and META of the entry at `place` of a page.
    static func checksums(ofPlace place: Int, in checksums: RawSpan) -> (body: UInt32, meta: UInt32) {
        let offset = PageGeometry.checksumBytesPerPage + PageGeometry.checksumBytesPerEntry * place
        return (checksums.integer(at: offset, as: UInt32.self), checksums.integer(at: offset + 4, as: UInt32.self))
    }

    /// Checks a page as a whole, before any entry of it is believed: its checksum, its entries, their order.
    ///
    /// "Not there" is an answer to be trusted too, and it holds only if the page is what ROOT says it is.
    func checkPage(_ page: Int, index: RawSpan, checksums: RawSpan) throws(DESError) {
        let start = self.index(ofPages: page..<page + 1).lowerBound
        try checkPageCRC(page, index: index, checksums: checksums, start: start)
        try checkOrder(page, index: index, start: start)
    }

    /// Compares a page with its checksum.
    func checkPageCRC(_ page: Int, index: RawSpan, checksums: RawSpan, start: Int) throws(DESError) {
        let stored = checksums.integer(at: 0, as: UInt32.self)
        let crc = index.crc32c
        guard crc == stored else {
            throw .corrupt("\(CRCMismatch(expected: stored, found: crc)) of page \(page) of INDEX", at: start)
        }
    }

    /// The entries of a page are inside the container and in ascending (key, name) order, between the keys ROOT gives
    /// for it and the next, and no name is more than text.
    func checkOrder(_ page: Int, index: RawSpan, start: Int) throws(DESError) {
        var offset = 0
        var previous: (key: EntryKey, name: Range<Int>)?
        for place in 0..<entryCount(ofPage: page) {
            let name = try IndexEntry.name(at: offset, in: index, start: start)
            let key = EntryKey(index.extracting(name))
            let isAscending =
                if let previous {
                    previous.key < key
                        || previous.key == key && index.extracting(previous.name).precedes(index.extracting(name))
                } else {
                    key.top == root.firstKeyTops[page]
                }
            let isBeforeNextPage = page + 1 == pageCount || key.top <= root.firstKeyTops[page + 1]
            guard isAscending, isBeforeNextPage else {
                throw .corrupt(
                    "entry \(place) of page \(page) is out of order, or not where ROOT says", at: start + offset)
            }
            _ = try IndexEntry.location(at: name.upperBound, in: index, start: start, footer: footer)
            let isText = index.extracting(name).withUnsafeBytes {
                !$0.contains(0) && String(validating: $0, as: UTF8.self) != nil
            }
            guard isText else {
                throw .corrupt(
                    "the name of entry \(place) of page \(page) is not UTF-8 without NUL", at: start + offset)
            }
            previous = (key, name)
            offset = name.upperBound + IndexEntry.fixedByteCount
        }
        guard offset == index.byteCount else {
            throw .corrupt(
                "page \(page) has \(index.byteCount - offset) bytes after its last entry", at: start + offset)
        }
    }
}

extension RawSpan {
    /// Ascending as unsigned bytes.
    func precedes(_ other: RawSpan) -> Bool {
        withUnsafeBytes { a in other.withUnsafeBytes { a.lexicographicallyPrecedes($0) } }
    }
}
