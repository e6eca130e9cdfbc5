import Testing

@testable import DESCore

@Suite("TRAILER and ROOT")
struct TrailerRootTests {
    private let footer = Footer(
        data: 16..<5_000, meta: 5_000..<6_000, index: 6_000..<10_000, entryCount: 65, tailByteCount: 680)

    private func trailer() -> Trailer {
        var trailer = Trailer(geometry: PageGeometry(entryCount: 65))
        (trailer.compatible, trailer.clustered, trailer.shardBits) = (0x8000_0001, true, 8)
        (trailer.dataCRC, trailer.metaCRC, trailer.indexCRC) = (0x0102_0304, 0x1112_1314, 0x2122_2324)
        (trailer.checksumsCRC, trailer.rootCRC) = (0x3132_3334, 0x4142_4344)
        trailer.smallEnd = 4_999
        trailer.id = ContainerID((0..<16).map { UInt8($0) }) ?? .none
        (trailer.createdAt, trailer.epoch) = (-1, .max)
        return trailer
    }

    private func decode(_ bytes: [UInt8], footer: Footer? = nil) throws(DESError) -> Trailer {
        let footer = footer ?? self.footer
        let both = bytes + footer.encoded()
        return try Trailer(both.span.bytes, footer: footer, start: 10_552)
    }

    /// The TRAILER with the word at `offset` replaced and its checksum made right again.
    private func forged(_ offset: Int, _ value: UInt32) -> [UInt8] {
        var bytes = trailer().encoded(footer: footer.encoded())
        withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
        var crc = CRC32C()
        crc.update(bytes.span.bytes.extracting(0..<124))
        let footer = footer.encoded()
        crc.update(footer.span.bytes)
        withUnsafeBytes(of: crc.value.littleEndian) { bytes.replaceSubrange(124..<128, with: $0) }
        return bytes
    }

    @Test("the TRAILER's fields lie where the format puts them")
    func layout() {
        let bytes = trailer().encoded(footer: footer.encoded())
        var expected = Array("DESTAIL1".utf8)
        let words: [UInt32] = [
            0x8000_0001, 0, 64, 2, 1, 8, 0x0102_0304, 0x1112_1314, 0x2122_2324, 0x3132_3334, 0x4142_4344, 0, 0, 0,
        ]
        for word in words { expected.append(littleEndian: word) }
        expected.append(littleEndian: UInt64(4_999))
        expected += (0..<16).map { UInt8($0) }
        expected += [UInt8](repeating: 0xFF, count: 16)
        expected += [UInt8](repeating: 0, count: 20)
        #expect(bytes.count == 128)
        #expect(bytes.prefix(124).elementsEqual(expected))
        var crc = CRC32C()
        crc.update(expected.span.bytes)
        let footer = footer.encoded()
        crc.update(footer.span.bytes)
        #expect(bytes.span.bytes.integer(at: 124, as: UInt32.self) == crc.value)
    }

    @Test("a decoded TRAILER is the one that was encoded")
    func roundTrip() throws {
        #expect(try decode(trailer().encoded(footer: footer.encoded())) == trailer())
        #expect(trailer().tailByteCount == 4 * 2 + 8 * 65 + 12 * 2 + 128)
    }

    @Test("the TRAILER's checksum covers every bit of TRAILER and FOOTER")
    func checksum() {
        let whole = trailer().encoded(footer: footer.encoded()) + footer.encoded()
        for bit in 0..<whole.count * 8 {
            var flipped = whole
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(
                errorCode { try Trailer(flipped.span.bytes, footer: footer, start: 0) } == .corrupt, "bit \(bit)")
        }
    }

    @Test("unknown compatible features are ignored, unknown incompatible ones are named and refused")
    func features() throws {
        #expect(try decode(forged(8, .max)).compatible == .max)
        for bit in 0..<32 {
            let error = #expect(throws: DESError.self) { try decode(forged(12, 1 << UInt32(bit))) }
            #expect(error?.code == .unsupported)
            #expect(error?.offset == 10_552 + 12)
            #expect(error?.message.contains("0x" + String(1 << UInt32(bit) as UInt32, radix: 16)) ?? false)
        }
    }

    @Test("a page geometry that the entry count does not give is refused")
    func geometry() {
        for (offset, values): (Int, [UInt32]) in [(16, [0, 1, 63, 65, 128, .max]), (20, [0, 1, 3, 8_192, .max])] {
            for value in values {
                #expect(errorCode { try decode(forged(offset, value)) } == .corrupt, "\(value) at \(offset)")
            }
        }
    }

    @Test("sections that do not add up to the length in the FOOTER are refused")
    func sections() {
        for value: UInt32 in [1, 8, 1 << 31, .max] {
            #expect(errorCode { try decode(forged(52, value)) } == .corrupt, "a dictionary of \(value) bytes")
        }
    }

    @Test("the clustered part ends inside DATA, and is empty when the container is not clustered")
    func smallEnd() throws {
        var other = trailer()
        for (clustered, end, isRight) in [
            (true, 16, true), (true, 5_000, true), (true, 15, false), (true, 5_001, false), (false, 0, true),
            (false, 16, false),
        ] {
            (other.clustered, other.smallEnd) = (clustered, end)
            let code = errorCode { try decode(other.encoded(footer: footer.encoded())) }
            #expect(code == (isRight ? nil : .corrupt), "\(clustered), \(end)")
        }
        #expect(errorCode { try decode(forged(68, .max)) } == .corrupt, "near 2^64")
    }

    @Test("ROOT holds three words a page, and decodes to what was encoded")
    func root() throws {
        let geometry = PageGeometry(entryCount: 65)
        var root = Root()
        root.append(firstKey: EntryKey(rawValue: 0x0000_0001_FFFF_FFFF), pageOffset: 0, bodyPosition: 0x5FFF)
        root.append(firstKey: EntryKey(rawValue: 0xFFFF_FFFF_0000_0000), pageOffset: 3_000, bodyPosition: 1 << 43)
        let bytes = root.encoded()
        var expected = [UInt8]()
        for word: UInt32 in [1, 0, 5, 0xFFFF_FFFF, 3_000, 1 << 31] { expected.append(littleEndian: word) }
        #expect(bytes == expected)
        #expect(try Root(bytes.span.bytes, geometry: geometry, indexByteCount: 4_000, start: 0) == root)
        #expect(root.offsets(ofPages: 0..<1, indexByteCount: 4_000) == 0..<3_000)
        #expect(root.offsets(ofPages: 1..<2, indexByteCount: 4_000) == 3_000..<4_000)
        #expect(root.offsets(ofPages: 0..<2, indexByteCount: 4_000) == 0..<4_000)
    }

    @Test("a ROOT out of order, or with too little room for the entries of a page, is refused")
    func hostileRoots() {
        let geometry = PageGeometry(entryCount: 130)
        let least = 64 * 39
        func code(_ pages: [(UInt32, UInt32)]) -> DESError.Code? {
            var bytes = [UInt8]()
            for page in pages { for word in [page.0, page.1, 0] { bytes.append(littleEndian: word) } }
            return errorCode { try Root(bytes.span.bytes, geometry: geometry, indexByteCount: 6_000, start: 0) }
        }
        let right: [(UInt32, UInt32)] = [(5, 0), (5, UInt32(least)), (9, UInt32(2 * least))]
        #expect(code(right) == nil)
        let changes: [(Int, UInt32, UInt32)] = [
            (0, 5, 1), (0, 6, 0), (1, 4, 2_496), (1, 10, 2_496), (1, 5, 2_495), (1, 5, 0), (1, 5, 4_992), (1, 5, .max),
            (2, 9, 4_991), (2, 9, 5_923), (2, 9, 6_000), (2, 9, 6_001), (2, 9, .max), (2, 4, 4_992), (2, 9, 1 << 31),
        ]
        for (page, key, offset) in changes {
            var pages = right
            pages[page] = (key, offset)
            #expect(code(pages) == .corrupt, "page \(page) with key \(key) at \(offset)")
        }
    }

    @Test("a key is looked for on every page that can hold it, and on no other")
    func pagesOfKeys() throws {
        let tops: [UInt32] = [10, 20, 20, 20, 30]
        var root = Root()
        for (page, top) in tops.enumerated() {
            root.append(firstKey: EntryKey(rawValue: UInt64(top) << 32), pageOffset: page, bodyPosition: 0)
        }
        for (top, pages): (UInt64, Range<Int>) in [
            (0, 0..<0), (9, 0..<0), (10, 0..<1), (11, 0..<1), (19, 0..<1), (20, 0..<4), (21, 3..<4), (29, 3..<4),
            (30, 3..<5), (31, 4..<5), (0xFFFF_FFFF, 4..<5),
        ] {
            #expect(root.pages(holding: EntryKey(rawValue: top << 32)) == pages, "\(top)")
            #expect(root.pages(holding: EntryKey(rawValue: top << 32 | 0xFFFF_FFFF)) == pages, "\(top)")
        }
        #expect(Root().pages(holding: EntryKey(rawValue: 1 << 40)).isEmpty)
    }
}
