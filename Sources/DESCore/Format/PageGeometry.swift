/// How INDEX is cut into pages: `pageEntryCount` entries each, the last one shorter.
///
/// The page size follows from the entry count alone: the smallest 64 x 2^k that needs at most 8,192 pages.
struct PageGeometry: Sendable, Equatable {
    let entryCount: Int
    let pageEntryCount: Int
    let pageCount: Int

    init(entryCount: Int) {
        var size = 64
        while (entryCount + size - 1) / size > Limits.pageCountMax { size *= 2 }
        (self.entryCount, pageEntryCount, pageCount) = (entryCount, size, (entryCount + size - 1) / size)
    }

    /// Entries of a page.
    func entryCount(ofPage page: Int) -> Int { min(pageEntryCount, entryCount - page * pageEntryCount) }

    /// CHECKSUMS: per page the CRC32C of its INDEX bytes, then per entry the CRC32C of body and META.
    static let checksumBytesPerPage = 4
    static let checksumBytesPerEntry = 8

    var checksumsByteCount: Int {
        PageGeometry.checksumBytesPerPage * pageCount + PageGeometry.checksumBytesPerEntry * entryCount
    }

    /// The part of CHECKSUMS that belongs to `pages`, from the start of the section.
    func checksums(ofPages pages: Range<Int>) -> Range<Int> {
        let stride = PageGeometry.checksumBytesPerPage + PageGeometry.checksumBytesPerEntry * pageEntryCount
        return pages.lowerBound * stride..<min(pages.upperBound * stride, checksumsByteCount)
    }
}
