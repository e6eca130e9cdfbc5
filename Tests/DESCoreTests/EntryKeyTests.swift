import Testing

@testable import DESCore

@Suite("Keys")
struct EntryKeyTests {
    // Made with: int.from_bytes(hashlib.sha256(name.encode()).digest()[8:16], "big")
    @Test(
        "a key is bytes 8 to 15 of SHA-256 of the name, big-endian",
        arguments: [
            ("a", 0xfac2_31b3_9a23_dc4d), ("alpha", 0xad70_2251_8e1a_f76c),
            ("DES_20251121_(000000001000_10)", 0x5aa7_8d34_0f35_9ccb), ("\u{E9}", 0x9de2_eb65_4720_17ca),
            ("e\u{301}", 0x1900_75ba_e816_9f65), ("dir/file.txt", 0xec1b_f43b_b545_d126),
            ("\u{1F4E6}", 0xf78c_f166_b90a_bff2), (String(repeating: "x", count: 65_535), 0xf0de_b12c_b030_6f06),
        ] as [(String, UInt64)])
    func vectors(name: String, key: UInt64) throws {
        #expect(try EntryName(name).key.rawValue == key)
        #expect(try EntryName(name).key.top == UInt32(key >> 32))
    }

    @Test("keys are in the order of unsigned integers")
    func order() {
        #expect(EntryKey(rawValue: 1) < EntryKey(rawValue: 1 << 63))
        #expect(EntryKey(rawValue: .max - 1) < EntryKey(rawValue: .max))
    }
}
