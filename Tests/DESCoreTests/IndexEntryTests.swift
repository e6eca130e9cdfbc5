import Testing

@testable import DESCore

@Suite("INDEX entries")
struct IndexEntryTests {
    private let footer = Footer(data: 16..<100, meta: 100..<130, index: 130..<208, entryCount: 2, tailByteCount: 0)

    private func entry(
        _ name: String = "n", declaring count: UInt16? = nil, data: (UInt64, UInt64) = (16, 84),
        meta: (UInt64, UInt64) = (100, 30), flags: UInt32 = 0
    ) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.append(littleEndian: count ?? UInt16(name.utf8.count))
        bytes += name.utf8
        for value in [data.0, data.1, meta.0, meta.1] { bytes.append(littleEndian: value) }
        bytes.append(littleEndian: flags)
        return bytes
    }

    private func location(_ bytes: [UInt8], footer: Footer? = nil) throws(DESError) -> EntryLocation {
        let name = try IndexEntry.name(at: 0, in: bytes.span.bytes, start: 130)
        return try IndexEntry.location(
            at: name.upperBound, in: bytes.span.bytes, start: 130, footer: footer ?? self.footer)
    }

    @Test("an entry's fields lie where the format puts them")
    func fields() throws {
        let found = try location(entry("name", data: (20, 3), meta: (101, 4), flags: 2))
        #expect(found.body == 20..<23)
        #expect(found.bodyByteCount == 3)
        #expect(found.meta == 101..<105)
        #expect(found.flags == .compressed)
        #expect((found.bodyCRC, found.metaCRC) == (nil, nil))
    }

    @Test("a body or META that is not wholly inside its region is refused, up to 2^64")
    func bounds() throws {
        let outside: [(UInt64, UInt64)] = [
            (15, 1), (16, 85), (99, 2), (100, 1), (101, 0), (0, 0), (16, .max), (.max, 1), (.max, 0), (.max, .max),
            (1 << 63, 1 << 63), (50, .max - 49), ((1 << 63) - 1, 1), (16, 1 << 63), (17, (1 << 63) - 1),
        ]
        for data in outside {
            #expect(errorCode { try location(entry(data: data)) } == .corrupt, "body of \(data.1) at \(data.0)")
        }
        for meta in outside + [(99, 1), (130, 1)] where meta != (100, 1) && meta != (101, 0) {
            #expect(errorCode { try location(entry(meta: meta)) } == .corrupt, "META of \(meta.1) at \(meta.0)")
        }
        for data: (UInt64, UInt64) in [(16, 0), (100, 0), (16, 84), (99, 1)] {
            #expect(try location(entry(data: data)).body.count == Int(data.1))
        }
    }

    @Test("META of more than 10 MiB is refused, however large its region is")
    func largeMeta() throws {
        let large = Footer(
            data: 16..<16, meta: 16..<(16 + 20 << 20), index: 0..<0, entryCount: 0, tailByteCount: 0)
        let most = UInt64(10 << 20)
        #expect(try location(entry(data: (16, 0), meta: (16, most)), footer: large).meta.count == 10 << 20)
        #expect(errorCode { try location(entry(data: (16, 0), meta: (16, most + 1)), footer: large) } == .corrupt)
    }

    @Test("an external body lies at 0 and may have any length that fits 63 bits")
    func external() throws {
        let found = try location(entry(data: (0, 1 << 40), flags: 1))
        #expect(found.body.isEmpty)
        #expect(found.bodyByteCount == 1 << 40)
        #expect(try location(entry(data: (0, UInt64(Int64.max)), flags: 1)).bodyByteCount == Int.max)
        #expect(errorCode { try location(entry(data: (0, 1 << 63), flags: 1)) } == .corrupt)
        #expect(errorCode { try location(entry(data: (16, 1), flags: 1)) } == .corrupt)
    }

    @Test("a name of no byte, or one that reaches past the end, is refused")
    func names() {
        for count: UInt16 in [0, 2, 40, .max] {
            #expect(errorCode { try location(entry("n", declaring: count)) } == .corrupt, "\(count)")
        }
        let whole = entry("n")
        for count in 0..<whole.count {
            #expect(errorCode { try location(Array(whole.prefix(count))) } == .corrupt, "\(count) bytes")
        }
    }

    @Test("a reader never takes flagged bytes for the content, and says which flag it was")
    func obstacles() {
        #expect(EntryFlags().obstacle == nil)
        #expect(EntryFlags.external.obstacle == "external")
        #expect(EntryFlags.compressed.obstacle == "compressed")
        #expect(EntryFlags.encrypted.obstacle == "encrypted")
        #expect(EntryFlags.deleted.obstacle == "deleted")
        #expect(EntryFlags(rawValue: 0x8000_0010).obstacle == "flags 0x80000010")
        for bit in 0..<32 { #expect(EntryFlags(rawValue: 1 << UInt32(bit)).obstacle != nil, "bit \(bit)") }
        #expect((EntryFlags.external.rawValue, EntryFlags.compressed.rawValue) == (1, 2))
        #expect((EntryFlags.encrypted.rawValue, EntryFlags.deleted.rawValue) == (4, 8))
    }
}
