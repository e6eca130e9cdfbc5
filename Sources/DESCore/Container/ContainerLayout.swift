/// Where everything is in a container: FOOTER, TRAILER and ROOT, decoded and checked.
///
/// Pure: bytes in, ranges out. The asynchronous and the mapped reader, the verifier and the index share it, so there is
/// one parser. A plain v1 container has no trailer and no root; its INDEX must be read whole.
public struct ContainerLayout: Sendable {
    /// Bytes of the container.
    public let byteCount: Int
    let footer: Footer
    let trailer: Trailer?
    let root: Root

    /// Decodes the end of a container.
    /// - Parameters:
    ///   - tail: the last ``Limits/tailReadByteCount`` bytes, or all if there are fewer.
    ///   - byteCount: bytes of the whole container.
    public init(tail: RawSpan, byteCount: Int) throws(DESError) {
        self.byteCount = byteCount
        guard tail.byteCount >= min(byteCount, Limits.tailReadByteCount), tail.byteCount <= byteCount else {
            throw .corrupt("\(tail.byteCount) bytes of the end of \(byteCount) are too few to open a container")
        }
        let start = byteCount - tail.byteCount
        let footerOffset = tail.byteCount - Footer.byteCount
        footer = try Footer(
            tail.extracting(max(0, footerOffset)..<tail.byteCount), containerByteCount: byteCount)
        if start == 0 { try Header.check(tail) }

        let trailerOffset = footerOffset - Trailer.byteCount
        let magic = Trailer.magic
        guard footer.tailByteCount > 0 else {
            if trailerOffset >= 0, footer.index.upperBound <= start + trailerOffset,
                tail.extracting(trailerOffset..<trailerOffset + magic.count).equals(magic.span.bytes)
            {
                throw .corrupt("the FOOTER says there is no TAIL, but there is one", at: start + trailerOffset)
            }
            (trailer, root) = (nil, Root())
            return
        }
        let trailer = try Trailer(
            tail.extracting(trailerOffset..<tail.byteCount), footer: footer, start: start + trailerOffset)
        let rootOffset = trailerOffset - trailer.rootByteCount
        let bytes = tail.extracting(rootOffset..<trailerOffset)
        guard bytes.crc32c == trailer.rootCRC else {
            throw .corrupt(
                "\(CRCMismatch(expected: trailer.rootCRC, found: bytes.crc32c)) of ROOT", at: start + rootOffset)
        }
        root = try Root(
            bytes, geometry: trailer.geometry, indexByteCount: footer.index.count, start: start + rootOffset)
        self.trailer = trailer
    }

    /// Entries in the container.
    public var entryCount: Int { footer.entryCount }
    /// The bodies.
    public var data: Range<Int> { footer.data }
    /// The META objects.
    public var meta: Range<Int> { footer.meta }
    /// The INDEX.
    public var index: Range<Int> { footer.index }
    /// CHECKSUMS, DICTIONARY, ROOT and TRAILER; empty in a plain v1 container.
    public var tail: Range<Int> { byteCount - Footer.byteCount - footer.tailByteCount..<byteCount - Footer.byteCount }
    /// Whether there is a sorted INDEX with checksums; a plain v1 container has neither.
    public var isSorted: Bool { trailer != nil }
    /// Whether small bodies lie in INDEX order.
    public var isClustered: Bool { trailer?.clustered ?? false }
    /// Identity of the container, ``ContainerID/none`` if it says none.
    public var id: ContainerID { trailer?.id ?? .none }
    /// Milliseconds since 1970 (UTC); 0 = unset.
    public var createdAt: Int64 { trailer?.createdAt ?? 0 }
    /// Epoch of its writer; 0 = none.
    public var epoch: UInt64 { trailer?.epoch ?? 0 }
    /// Pages of INDEX; 0 in a plain v1 container.
    public var pageCount: Int { root.pageCount }

    /// Where ROOT begins.
    var rootStart: Int { tail.upperBound - Trailer.byteCount - (trailer?.rootByteCount ?? 0) }

    /// CHECKSUMS in the container.
    var checksums: Range<Int> { tail.lowerBound..<tail.lowerBound + (trailer?.checksumsByteCount ?? 0) }

    /// The bytes of INDEX that hold `pages`.
    func index(ofPages pages: Range<Int>) -> Range<Int> {
        root.offsets(ofPages: pages, indexByteCount: index.count).moved(by: index.lowerBound)
    }

    /// The bytes of CHECKSUMS that hold `pages`.
    func checksums(ofPages pages: Range<Int>) -> Range<Int> {
        (trailer?.geometry.checksums(ofPages: pages) ?? 0..<0).moved(by: checksums.lowerBound)
    }
}

extension Range<Int> {
    /// The range with both bounds moved.
    func moved(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }

    /// Whether all of `other` is inside.
    func covers(_ other: Range<Int>) -> Bool { lowerBound <= other.lowerBound && other.upperBound <= upperBound }
}
