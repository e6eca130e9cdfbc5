import Testing

@testable import DESCore

@Suite("Pages of INDEX")
struct PageGeometryTests {
    @Test(
        "a page has the fewest entries, 64 x 2^k, that need at most 8,192 pages",
        arguments: [
            (0, 64, 0), (1, 64, 1), (63, 64, 1), (64, 64, 1), (65, 64, 2), (128, 64, 2), (129, 64, 3),
            (64 * 8_192 - 1, 64, 8_192), (64 * 8_192, 64, 8_192), (64 * 8_192 + 1, 128, 4_097),
            (128 * 8_192, 128, 8_192), (128 * 8_192 + 1, 256, 4_097), (1_000_000, 128, 7_813),
            (1 << 24, 2_048, 8_192),
        ])
    func borders(entryCount: Int, pageEntryCount: Int, pageCount: Int) {
        let geometry = PageGeometry(entryCount: entryCount)
        #expect(geometry.pageEntryCount == pageEntryCount)
        #expect(geometry.pageCount == pageCount)
        #expect(geometry.pageCount * Root.bytesPerPage <= 96 << 10)
    }

    @Test("every entry is on exactly one page, and CHECKSUMS has exactly its slice for each page")
    func partition() {
        for entryCount in [0, 1, 64, 65, 1_000, 64 * 8_192 + 1] {
            let geometry = PageGeometry(entryCount: entryCount)
            var (entries, end) = (0, 0)
            for page in 0..<geometry.pageCount {
                let slice = geometry.checksums(ofPages: page..<page + 1)
                #expect(slice.lowerBound == end)
                #expect(slice.count == 4 + 8 * geometry.entryCount(ofPage: page))
                #expect(geometry.entryCount(ofPage: page) > 0)
                entries += geometry.entryCount(ofPage: page)
                end = slice.upperBound
            }
            #expect(entries == entryCount)
            #expect(end == geometry.checksumsByteCount)
            #expect(end == 4 * geometry.pageCount + 8 * entryCount)
            #expect(geometry.checksums(ofPages: 0..<geometry.pageCount) == 0..<end)
        }
    }
}
