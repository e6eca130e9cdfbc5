/// The whole INDEX of a container in memory, checked: one element per entry, in INDEX order.
///
/// Memory: the bytes of INDEX and CHECKSUMS and eight bytes an entry; elements are decoded when asked for.
public struct ContainerIndex: RandomAccessCollection, Sendable {
    private let layout: ContainerLayout
    private let index: [UInt8]
    private let checksums: [UInt8]
    /// Where each entry begins in `index`.
    private var offsets: [Int] = []

    /// Decodes INDEX.
    /// - Parameters:
    ///   - index: exactly the INDEX of the container.
    ///   - checksums: exactly its CHECKSUMS; empty for a plain v1 container.
    init(_ layout: ContainerLayout, index: [UInt8], checksums: [UInt8]) throws(DESError) {
        (self.layout, self.index, self.checksums) = (layout, index, checksums)
        offsets.reserveCapacity(layout.entryCount)
        let bytes = index.span.bytes
        let start = layout.index.lowerBound
        for page in 0..<layout.pageCount {
            let place = layout.index(ofPages: page..<page + 1)
            try layout.checkPageCRC(
                page, index: bytes.extracting(place.moved(by: -start)),
                checksums: checksums.span.bytes.extracting(
                    layout.checksums(ofPages: page..<page + 1).moved(by: -layout.checksums.lowerBound)),
                start: place.lowerBound)
        }
        var offset = 0
        for number in 0..<layout.entryCount {
            if let trailer = layout.trailer, number % trailer.geometry.pageEntryCount == 0 {
                let pageOffset = Int(layout.root.pageOffsets[number / trailer.geometry.pageEntryCount])
                guard offset == pageOffset else {
                    throw .corrupt(
                        "ROOT says that entry \(number) begins at \(pageOffset) of INDEX", at: start + offset)
                }
            }
            let name = try IndexEntry.name(at: offset, in: bytes, start: start)
            _ = try IndexEntry.location(at: name.upperBound, in: bytes, start: start, footer: layout.footer)
            guard EntryName(bytes.extracting(name)) != nil else {
                throw .corrupt("the name of entry \(number) is not UTF-8", at: start + name.lowerBound)
            }
            offsets.append(offset)
            offset = name.upperBound + IndexEntry.fixedByteCount
        }
        guard offset == index.count else {
            throw .corrupt(
                "INDEX has \(index.count - offset) bytes after its \(layout.entryCount) entries", at: start + offset)
        }
    }

    /// Every page is in order and where ROOT says.
    func checkOrder() throws(DESError) {
        for page in 0..<layout.pageCount {
            let place = layout.index(ofPages: page..<page + 1)
            let bytes = index.span.bytes.extracting(place.moved(by: -layout.index.lowerBound))
            try layout.checkOrder(page, index: bytes, start: place.lowerBound)
        }
    }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of entries.
    public var endIndex: Int { offsets.count }

    /// The entry at `position` of INDEX.
    public subscript(position: Int) -> Entry {
        let bytes = index.span.bytes
        // The initializer has decoded every entry once, so neither can fail.
        guard let name = try? IndexEntry.name(at: offsets[position], in: bytes, start: 0),
            let string = EntryName(bytes.extracting(name)),
            var location = try? IndexEntry.location(at: name.upperBound, in: bytes, start: 0, footer: layout.footer)
        else { preconditionFailure("entry \(position) changed after it was checked") }
        if let geometry = layout.trailer?.geometry {
            let page = position / geometry.pageEntryCount
            let slice = geometry.checksums(ofPages: page..<page + 1)
            (location.bodyCRC, location.metaCRC) = ContainerLayout.checksums(
                ofPlace: position % geometry.pageEntryCount, in: checksums.span.bytes.extracting(slice))
        }
        return Entry(name: string, location: location)
    }

    /// The bytes of the name at `position`.
    func withName<R>(at position: Int, _ body: (RawSpan) -> R) -> R {
        let bytes = index.span.bytes
        let start = offsets[position] + IndexEntry.prefixByteCount
        return body(bytes.extracting(start..<start + Int(bytes.integer(at: offsets[position], as: UInt16.self))))
    }

    /// Where the entry at `position` begins in the container.
    func offset(ofEntry position: Int) -> Int { layout.index.lowerBound + offsets[position] }

    /// Positions in the order in which the bodies lie in the container.
    public func inDataOrder() -> [Int] {
        var order = offsets.indices.map { (start: self[$0].location.body.lowerBound, position: $0) }
        order.sort { $0 < $1 }
        return order.map(\.position)
    }
}
