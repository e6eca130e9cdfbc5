import Testing

@testable import DESCore

@Suite("What a writer remembers")
struct EntryTableTests {
    private func record(_ key: UInt64, offset: Int = 0) -> EntryTable.Record {
        EntryTable.Record(
            key: key, dataOffset: offset, dataByteCount: 0, metaOffset: 0, nameChunk: 0, nameOffset: 0, bodyCRC: 0,
            metaCRC: 0, metaByteCount: 0, nameByteCount: 0, flags: 0)
    }

    private func insert(_ name: String, _ key: UInt64, into table: inout EntryTable) -> Bool {
        let bytes = Array(name.utf8)
        return table.insert(record(key, offset: table.count), name: bytes.span.bytes)
    }

    private func names(_ table: inout EntryTable) -> [String] {
        table.sorted().map { number in
            table.withName(of: table[Int(number)]) { String(decoding: $0.array(), as: UTF8.self) }
        }
    }

    @Test("names whose keys are equal are different entries, in the order of their bytes")
    func equalKeys() {
        var table = EntryTable()
        for name in ["b", "a", "\u{E9}", "e\u{301}", "aa"] {
            #expect(insert(name, 42, into: &table))
            #expect(!insert(name, 42, into: &table))
        }
        #expect(insert("a", 41, into: &table), "found by key and name")
        #expect(insert("z", .max, into: &table))
        #expect(insert("y", 0, into: &table))
        let order = names(&table)
        #expect(
            order.map { Array($0.utf8) }
                == ["y", "a", "a", "aa", "b", "e\u{301}", "\u{E9}", "z"].map { Array($0.utf8) })
    }

    @Test("keys that all fall into one slot of the hash table are told apart, also after it has grown")
    func collisions() {
        var table = EntryTable()
        for number in 0..<1_500 { #expect(insert("n\(number)", UInt64(number) << 32, into: &table)) }
        for number in stride(from: 0, to: 1_500, by: 7) {
            #expect(!insert("n\(number)", UInt64(number) << 32, into: &table))
        }
        #expect(table.count == 1_500)
        #expect(names(&table) == (0..<1_500).map { "n\($0)" })
    }

    @Test("records and names beyond one chunk are kept as they were")
    func chunks() {
        var table = EntryTable()
        let tail = String(repeating: "x", count: 60_000)
        for number in 0..<40 { #expect(insert("\(number)\(tail)", UInt64(number), into: &table)) }
        for number in 40..<17_000 { #expect(insert("\(number)", UInt64(number), into: &table)) }
        for number in [0, 39, 40, 16_383, 16_384, 16_999] {
            let record = table[number]
            #expect((record.key, record.dataOffset) == (UInt64(number), number))
            let name = table.withName(of: record) { String(decoding: $0.array(), as: UTF8.self) }
            #expect(name == "\(number)" + (number < 40 ? tail : ""))
        }
        #expect(!insert("39\(tail)", 39, into: &table))
        #expect(table.sorted() == Array(0..<17_000))
    }
}
