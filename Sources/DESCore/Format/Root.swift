/// ROOT: twelve bytes a page, enough to know which page holds a key and about where its bodies are.
///
///     u32 top 32 bits of the first key   u32 page offset from indexStart   u32 body position >> 12
struct Root: Sendable, Equatable {
    static let bytesPerPage = 12
    private static let positionShift = 12
    /// Positions are rounded down to a multiple of this.
    static let positionStep = 1 << positionShift

    private(set) var firstKeyTops: [UInt32] = []
    private(set) var pageOffsets: [UInt32] = []
    private(set) var positions: [UInt32] = []

    init() {}

    var pageCount: Int { pageOffsets.count }

    mutating func append(firstKey: EntryKey, pageOffset: Int, bodyPosition: Int) {
        firstKeyTops.append(firstKey.top)
        pageOffsets.append(UInt32(pageOffset))
        positions.append(Root.encoded(position: bodyPosition))
    }

    /// A position in DATA as ROOT holds it.
    static func encoded(position: Int) -> UInt32 { UInt32(position >> positionShift) }

    /// Where the small bodies of a page begin, or up to ``positionStep`` before that; 0 if not clustered.
    func position(ofPage page: Int) -> Int { Int(positions[page]) << Root.positionShift }

    /// Decodes ROOT and checks what can be checked without INDEX: order, and room for the entries of each page.
    init(_ bytes: RawSpan, geometry: PageGeometry, indexByteCount: Int, start: Int) throws(DESError) {
        for page in 0..<geometry.pageCount {
            let at = page * Root.bytesPerPage
            firstKeyTops.append(bytes.integer(at: at, as: UInt32.self))
            pageOffsets.append(bytes.integer(at: at + 4, as: UInt32.self))
            positions.append(bytes.integer(at: at + 8, as: UInt32.self))
        }
        for page in 0..<geometry.pageCount {
            let range = offsets(ofPage: page, indexByteCount: indexByteCount)
            guard let range, range.count >= geometry.entryCount(ofPage: page) * IndexEntry.byteCountMin,
                page > 0 ? firstKeyTops[page] >= firstKeyTops[page - 1] : range.lowerBound == 0
            else {
                throw .corrupt(
                    "ROOT places page \(page) at \(pageOffsets[page]) of INDEX, out of order or too small",
                    at: start + page * Root.bytesPerPage)
            }
        }
    }

    /// Where a page lies, from the start of INDEX; `nil` if ROOT is out of order there.
    private func offsets(ofPage page: Int, indexByteCount: Int) -> Range<Int>? {
        let start = Int(pageOffsets[page])
        let end = page + 1 < pageCount ? Int(pageOffsets[page + 1]) : indexByteCount
        return start <= end && end <= indexByteCount ? start..<end : nil
    }

    /// Where pages lie, from the start of INDEX.
    func offsets(ofPages pages: Range<Int>, indexByteCount: Int) -> Range<Int> {
        guard !pages.isEmpty else { return 0..<0 }
        let end = pages.upperBound < pageCount ? Int(pageOffsets[pages.upperBound]) : indexByteCount
        return Int(pageOffsets[pages.lowerBound])..<end
    }

    /// The pages that can hold `key`: normally one. Keys that tie in their top 32 bits may span a page border.
    func pages(holding key: EntryKey) -> Range<Int> {
        let top = key.top
        // The first page whose first key is not below, and the one before it: `top` may begin inside that one.
        let lower = partition { firstKeyTops[$0] >= top }
        let upper = partition { firstKeyTops[$0] > top }
        return max(0, lower - 1)..<upper
    }

    /// Where in `page` a key lies if keys are spread evenly, 0 to 1: they are, being parts of a digest.
    func fraction(of key: EntryKey, inPage page: Int) -> Double {
        let first = Double(firstKeyTops[page])
        let next = page + 1 < pageCount ? Double(firstKeyTops[page + 1]) : 0x1p32
        return next > first ? min(max(0, (Double(key.top) - first) / (next - first)), 1) : 0
    }

    /// The first page for which `belongs` holds; `belongs` must be false, then true.
    private func partition(_ belongs: (Int) -> Bool) -> Int {
        var (low, high) = (0, pageCount)
        while low < high {
            let middle = (low + high) / 2
            if belongs(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    func encoded() -> [UInt8] {
        var bytes = [UInt8]()
        for page in 0..<pageCount {
            bytes.append(littleEndian: firstKeyTops[page])
            bytes.append(littleEndian: pageOffsets[page])
            bytes.append(littleEndian: positions[page])
        }
        return bytes
    }
}
