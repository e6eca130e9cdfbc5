import Testing

@testable import DESCache

@Suite("What is stored, and what may be received")
struct ValueTests {
    private let name = Array("des:index:1:0-3:object".utf8)

    @Test("the bytes come back", arguments: [0, 1, 15, 16, 17, 70_000])
    func roundTrip(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let value = CachedValue.of(bytes, key: name)
        #expect(value.count == count + CachedValue.headerByteCount)
        #expect(CachedValue.bytes(of: value, key: name) == bytes)
    }

    @Test("no bit can change, nothing can be cut or added, and another key does not fit")
    func damage() {
        let value = CachedValue.of([1, 2, 3], key: name)
        for bit in 0..<value.count * 8 {
            var damaged = value
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(CachedValue.bytes(of: damaged, key: name) == nil, "bit \(bit)")
        }
        for count in 0..<value.count { #expect(CachedValue.bytes(of: Array(value.prefix(count)), key: name) == nil) }
        #expect(CachedValue.bytes(of: value + [0], key: name) == nil)
        #expect(CachedValue.bytes(of: value, key: name + [0]) == nil)
    }

    @Test(
        "a reply is taken for what its first line announces",
        arguments: [
            ("", .unknown), ("$", .unknown), ("$10", .unknown), ("$10\r", .acceptable), ("$100\r\nabc", .acceptable),
            ("$-1\r\n", .acceptable), ("+OK\r\n", .acceptable), ("+OK", .unknown), (":7\r\n", .acceptable),
            ("-ERR no\r\n", .acceptable), ("$101\r\n", .refused("a value of 101 bytes")),
            ("$536870912\r\n", .refused("a value of 536870912 bytes")),
            ("$x\r\n", .refused("a length that is no number")), ("$-2\r\n", .refused("a length that is no number")),
            ("$99999999999999999999\r\n", .refused("a length that is no number")),
            ("$0000000000000000000000000", .refused("a length without end")),
            ("*2\r\n", .refused("neither a value nor a status")),
            ("HTTP/1.1", .refused("neither a value nor a status")),
            ("\r\n", .refused("an empty line")),
            ("+" + String(repeating: "x", count: 4_094), .unknown),
            ("+" + String(repeating: "x", count: 4_095), .refused("a line without end")),
        ] as [(String, ReplyAnnouncement)])
    func announcement(start: String, expected: ReplyAnnouncement) {
        #expect(ReplyAnnouncement(Array(start.utf8), valueByteCountMax: 100) == expected)
    }
}
