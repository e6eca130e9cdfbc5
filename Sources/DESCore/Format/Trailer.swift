/// TRAILER, the last 128 bytes of TAIL, directly before the FOOTER. Field offsets in docs/format.md.
///
/// Its last four bytes are the CRC32C of everything before them followed by the FOOTER, so it vouches for both.
struct Trailer: Sendable, Equatable {
    static let byteCount = 128
    static let magic: [UInt8] = Array("DESTAIL1".utf8)
    /// Incompatible feature bits this version implements.
    static let knownIncompatible: UInt32 = 0
    private static let clusteredFlag: UInt32 = 1

    var compatible: UInt32 = 0
    var incompatible: UInt32 = 0
    var geometry: PageGeometry
    var clustered = false
    var shardBits = 0
    var dataCRC: UInt32 = 0
    var metaCRC: UInt32 = 0
    var indexCRC: UInt32 = 0
    var checksumsCRC: UInt32 = 0
    var rootCRC: UInt32 = 0
    var dictionaryByteCount = 0
    var dictionaryCRC: UInt32 = 0
    var smallEnd = 0
    var id = ContainerID.none
    var createdAt: Int64 = 0
    var epoch: UInt64 = 0

    /// Lengths of the four sections of TAIL in their order.
    var checksumsByteCount: Int { geometry.checksumsByteCount }
    var rootByteCount: Int { geometry.pageCount * Root.bytesPerPage }
    var tailByteCount: Int { checksumsByteCount + dictionaryByteCount + rootByteCount + Trailer.byteCount }

    init(geometry: PageGeometry) { self.geometry = geometry }

    /// Decodes TRAILER followed by FOOTER (200 bytes); `start` is its place in the container, for messages.
    init(_ bytes: RawSpan, footer: Footer, start: Int) throws(DESError) {
        guard bytes.extracting(0..<8).equals(Trailer.magic.span.bytes) else {
            throw .corrupt("no \"DESTAIL1\" where the FOOTER says the TRAILER is", at: start)
        }
        var crc = CRC32C()
        crc.update(bytes.extracting(0..<124))
        crc.update(bytes.extracting(Trailer.byteCount..<Trailer.byteCount + Footer.byteCount))
        let stored = bytes.integer(at: 124, as: UInt32.self)
        guard crc.value == stored else {
            throw .corrupt("\(CRCMismatch(expected: stored, found: crc.value)) of TRAILER and FOOTER", at: start)
        }
        func word(_ offset: Int) -> UInt32 { bytes.integer(at: offset, as: UInt32.self) }
        (compatible, incompatible) = (word(8), word(12))
        let unknown = incompatible & ~Trailer.knownIncompatible
        guard unknown == 0 else {
            throw DESError(
                .unsupported,
                "the container needs feature bits 0x\(String(unknown, radix: 16)), which this version "
                    + "does not have", offset: start + 12)
        }
        guard footer.entryCount <= Limits.entryCountMax, footer.index.count < Limits.indexByteCountMax,
            footer.data.upperBound < Limits.dataEndMax
        else {
            throw .corrupt(
                "\(footer.entryCount) entries in an INDEX of \(footer.index.count) bytes, at most "
                    + "\(Limits.entryCountMax) in less than \(Limits.indexByteCountMax) are possible, and DATA must "
                    + "end before \(Limits.dataEndMax)", at: start)
        }
        geometry = PageGeometry(entryCount: footer.entryCount)
        guard Int(word(16)) == geometry.pageEntryCount, Int(word(20)) == geometry.pageCount else {
            throw .corrupt(
                "\(word(20)) pages of \(word(16)) entries, expected \(geometry.pageCount) of "
                    + "\(geometry.pageEntryCount) for \(footer.entryCount) entries", at: start + 16)
        }
        clustered = word(24) & Trailer.clusteredFlag != 0
        shardBits = Int(word(28))
        (dataCRC, metaCRC, indexCRC, checksumsCRC, rootCRC) = (word(32), word(36), word(40), word(44), word(48))
        (dictionaryByteCount, dictionaryCRC) = (Int(word(52)), word(56))
        let smallEnd = bytes.integer(at: 64, as: UInt64.self)
        guard smallEnd <= UInt64(footer.data.upperBound), clustered ? smallEnd >= footer.data.lowerBound : smallEnd == 0
        else {
            throw .corrupt("the clustered part cannot end at \(smallEnd), DATA is \(footer.data)", at: start + 64)
        }
        self.smallEnd = Int(smallEnd)
        id = ContainerID(bytes.extracting(72..<88).array()) ?? .none
        createdAt = bytes.integer(at: 88, as: Int64.self)
        epoch = bytes.integer(at: 96, as: UInt64.self)
        guard tailByteCount == footer.tailByteCount else {
            throw .corrupt(
                "TAIL has \(footer.tailByteCount) bytes, its sections need \(tailByteCount)", at: start - tailByteCount)
        }
    }

    /// The 128 bytes, given the FOOTER they vouch for.
    func encoded(footer: [UInt8]) -> [UInt8] {
        var bytes = Trailer.magic
        let words: [UInt32] = [
            compatible, incompatible, UInt32(geometry.pageEntryCount), UInt32(geometry.pageCount),
            clustered ? Trailer.clusteredFlag : 0, UInt32(shardBits), dataCRC, metaCRC, indexCRC, checksumsCRC,
            rootCRC, UInt32(dictionaryByteCount), dictionaryCRC, 0,
        ]
        for word in words { bytes.append(littleEndian: word) }
        bytes.append(littleEndian: UInt64(smallEnd))
        bytes += id.bytes
        bytes.append(littleEndian: createdAt)
        bytes.append(littleEndian: epoch)
        bytes += [UInt8](repeating: 0, count: 20)
        var crc = CRC32C()
        crc.update(bytes.span.bytes)
        crc.update(footer.span.bytes)
        bytes.append(littleEndian: crc.value)
        return bytes
    }
}
