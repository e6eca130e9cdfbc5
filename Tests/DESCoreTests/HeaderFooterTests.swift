import Testing

@testable import DESCore

@Suite("HEADER and FOOTER")
struct HeaderFooterTests {
    private let footer = Footer(data: 16..<100, meta: 100..<130, index: 130..<208, entryCount: 2, tailByteCount: 152)

    private func decode(_ bytes: [UInt8], containerByteCount: Int = 208 + 152 + 72) throws(DESError) -> Footer {
        try Footer(bytes.span.bytes, containerByteCount: containerByteCount)
    }

    /// The FOOTER with the u64 at `offset` replaced.
    private func bytes(_ field: Int, _ value: UInt64) -> [UInt8] {
        var bytes = footer.encoded()
        withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(field..<field + 8, with: $0) }
        return bytes
    }

    @Test("the HEADER is the magic, version 1 and seven zeros, and nothing else passes")
    func header() throws {
        let expected: [UInt8] = [0x44, 0x45, 0x53, 0x48, 0x45, 0x41, 0x44, 0x31, 1, 0, 0, 0, 0, 0, 0, 0]
        #expect(Header.bytes == expected)
        try Header.check(expected.span.bytes)
        for bit in 0..<128 {
            var flipped = expected
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(errorCode { try Header.check(flipped.span.bytes) } == .corrupt, "bit \(bit)")
        }
        #expect(errorCode { try Header.check(expected.span.bytes.extracting(0..<15)) } == .corrupt)
    }

    @Test("the FOOTER's fields lie where the format puts them")
    func layout() {
        var expected = Array("DESFOOT1".utf8) + [1, 1, 152, 0, 0, 0, 0, 0]
        for value: UInt64 in [16, 84, 100, 30, 130, 78, 2] { expected.append(littleEndian: value) }
        #expect(footer.encoded() == expected)
        #expect(expected.count == 72)
    }

    @Test("a decoded FOOTER is the one that was encoded, with and without a tail")
    func roundTrip() throws {
        #expect(try decode(footer.encoded()) == footer)
        let plain = Footer(data: 16..<16, meta: 16..<16, index: 16..<16, entryCount: 0, tailByteCount: 0)
        #expect(plain.encoded()[8..<16].elementsEqual([1, 0, 0, 0, 0, 0, 0, 0]))
        #expect(try decode(plain.encoded(), containerByteCount: 88) == plain)
        let long = Footer(
            data: 16..<16, meta: 16..<16, index: 16..<55, entryCount: 1, tailByteCount: 0xABCD_1234_5678)
        #expect(try decode(long.encoded(), containerByteCount: 55 + 0xABCD_1234_5678 + 72) == long)
    }

    @Test("regions out of order, outside or wrapping around 2^64 are refused, with the offset of the field")
    func regions() throws {
        let hostile: [UInt64] = [0, 15, 361, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, .max - 15, .max]
        for (start, length) in [(16, 24), (32, 40), (48, 56)] {
            for value in hostile {
                for field in [start, length] where !(field == length && value < 100) {
                    #expect(errorCode { try decode(bytes(field, value)) } == .corrupt, "\(value) at \(field)")
                }
            }
        }
        let error = #expect(throws: DESError.self) { try decode(bytes(48, 1 << 63)) }
        #expect(error?.offset == 360 + 48)
        // META that begins one byte before the end of DATA, INDEX one before the end of META.
        #expect(errorCode { try decode(bytes(32, 99)) } == .corrupt)
        #expect(errorCode { try decode(bytes(48, 129)) } == .corrupt)
    }

    @Test("gaps between the regions are allowed, as other v1 writers may leave them")
    func gaps() throws {
        let gapped = Footer(data: 16..<30, meta: 33..<40, index: 45..<84, entryCount: 1, tailByteCount: 0)
        #expect(try decode(gapped.encoded(), containerByteCount: 90 + 72) == gapped)
    }

    @Test("DATA begins at 16 and nowhere else")
    func dataStart() throws {
        for start in [16, 17, 20] {
            let other = Footer(data: start..<30, meta: 30..<40, index: 40..<79, entryCount: 1, tailByteCount: 0)
            let code = errorCode { try decode(other.encoded(), containerByteCount: 79 + 72) }
            #expect(code == (start == 16 ? nil : .corrupt), "\(start)")
        }
    }

    @Test("a count that cannot be in INDEX is refused before anything is reserved for it")
    func counts() throws {
        for count: UInt64 in [0, 3, 1 << 32, 1 << 60, 1 << 63, .max] {
            #expect(errorCode { try decode(bytes(64, count)) } == .corrupt, "\(count) entries in 78 bytes")
        }
        #expect(try decode(bytes(64, 1)).entryCount == 1)
    }

    @Test("a tail version and length that do not belong together are refused")
    func tail() {
        func reserved(_ version: UInt64, _ length: UInt64) -> [UInt8] { bytes(8, 1 | version << 8 | length << 16) }
        for (version, length): (UInt64, UInt64) in [
            (0, 152), (1, 0), (1, 127), (2, 152), (255, 152), (1, 151), (1, 153), (1, 345), (1, (1 << 48) - 1), (0, 1),
        ] {
            #expect(errorCode { try decode(reserved(version, length)) } == .corrupt, "\(version), \(length)")
        }
    }

    @Test("another version is unsupported, another magic is no container, too few bytes are too few")
    func versionsAndMagic() {
        var other = footer.encoded()
        other[8] = 2
        #expect(errorCode { try decode(other) } == .unsupported)
        other[0] ^= 0x20
        #expect(errorCode { try decode(other) } == .corrupt)
        for count in [0, 1, 71, 72, 87] {
            let bytes = Array(footer.encoded().suffix(count))
            #expect(errorCode { try decode(bytes, containerByteCount: count) } == .corrupt, "\(count) bytes")
        }
    }
}
