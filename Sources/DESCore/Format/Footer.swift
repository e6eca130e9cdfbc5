/// FOOTER, the last 72 bytes of a container.
///
///     0  magic `DESFOOT1`   8  version = 1   9  tail version   10  u48 tailLength
///     16 dataStart  24 dataLength  32 metaStart  40 metaLength  48 indexStart  56 indexLength  64 fileCount   (u64)
///
/// Bytes 9 to 15 are zero in a plain v1 container. Offsets are absolute.
struct Footer: Sendable, Equatable {
    static let byteCount = 72
    static let magic: [UInt8] = Array("DESFOOT1".utf8)

    var data: Range<Int>
    var meta: Range<Int>
    var index: Range<Int>
    var entryCount: Int
    /// Bytes of TAIL; 0 in a plain v1 container.
    var tailByteCount: Int

    /// Decodes the FOOTER of a container of `containerByteCount` bytes and checks its regions against that.
    init(_ bytes: RawSpan, containerByteCount: Int) throws(DESError) {
        let start = containerByteCount - Footer.byteCount
        guard bytes.byteCount == Footer.byteCount, start >= Header.byteCount else {
            throw .corrupt(
                "\(containerByteCount) bytes are too few for a DES container, the smallest has "
                    + "\(Header.byteCount + Footer.byteCount)")
        }
        guard bytes.extracting(0..<8).equals(Footer.magic.span.bytes) else {
            throw .corrupt("not a DES container, or truncated: no \"DESFOOT1\" where the FOOTER must begin", at: start)
        }
        let version = bytes.integer(at: 8, as: UInt8.self)
        guard version == 1 else {
            throw DESError(.unsupported, "container version \(version), this program reads 1", offset: start + 8)
        }
        let (tailVersion, tailByteCount) = Footer.splitReserved(bytes.integer(at: 8, as: UInt64.self))
        switch tailVersion {
        case 0 where tailByteCount == 0, 1 where tailByteCount >= Trailer.byteCount: break
        default:
            throw .corrupt(
                "FOOTER announces a tail of version \(tailVersion) with \(tailByteCount) bytes, expected none, or "
                    + "version 1 with at least \(Trailer.byteCount)", at: start + 9)
        }
        let tailStart = start - tailByteCount
        guard tailStart >= Header.byteCount else {
            throw .corrupt("a TAIL of \(tailByteCount) bytes does not fit before the FOOTER", at: start + 10)
        }

        func region(_ name: String, _ field: Int, from low: Int, to high: Int) throws(DESError) -> Range<Int> {
            let regionStart = bytes.integer(at: field, as: UInt64.self)
            let length = bytes.integer(at: field + 8, as: UInt64.self)
            guard regionStart >= UInt64(low), regionStart <= UInt64(high), length <= UInt64(high) - regionStart else {
                throw .corrupt(
                    "\(name) of \(length) bytes at \(regionStart) is not inside \(low)..<\(high)", at: start + field)
            }
            return Int(regionStart)..<Int(regionStart + length)
        }
        data = try region("DATA", 16, from: Header.byteCount, to: tailStart)
        guard data.lowerBound == Header.byteCount else {
            throw .corrupt("DATA begins at \(data.lowerBound), expected \(Header.byteCount)", at: start + 16)
        }
        meta = try region("META", 32, from: data.upperBound, to: tailStart)
        index = try region("INDEX", 48, from: meta.upperBound, to: tailStart)
        let count = bytes.integer(at: 64, as: UInt64.self)
        guard count <= UInt64(index.count / IndexEntry.byteCountMin), (count == 0) == index.isEmpty else {
            throw .corrupt(
                "\(count) entries cannot be in an INDEX of \(index.count) bytes, each has at least "
                    + "\(IndexEntry.byteCountMin)", at: start + 64)
        }
        if tailByteCount > 0 && index.upperBound != tailStart {
            throw .corrupt("INDEX ends at \(index.upperBound), TAIL begins at \(tailStart)", at: start + 10)
        }
        entryCount = Int(count)
        self.tailByteCount = tailByteCount
    }

    init(data: Range<Int>, meta: Range<Int>, index: Range<Int>, entryCount: Int, tailByteCount: Int) {
        (self.data, self.meta, self.index) = (data, meta, index)
        (self.entryCount, self.tailByteCount) = (entryCount, tailByteCount)
    }

    /// Splits the eight bytes version, tail version, u48 tailLength.
    private static func splitReserved(_ word: UInt64) -> (version: Int, tailByteCount: Int) {
        (Int(word >> 8 & 0xFF), Int(word >> 16))
    }

    /// The 72 bytes.
    func encoded() -> [UInt8] {
        var bytes = Footer.magic
        bytes.append(littleEndian: UInt64(1) | (tailByteCount > 0 ? 1 << 8 : 0) | UInt64(tailByteCount) << 16)
        for region in [data, meta, index] {
            bytes.append(littleEndian: UInt64(region.lowerBound))
            bytes.append(littleEndian: UInt64(region.count))
        }
        bytes.append(littleEndian: UInt64(entryCount))
        return bytes
    }
}
