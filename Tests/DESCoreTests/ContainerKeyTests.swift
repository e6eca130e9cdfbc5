import Testing

@testable import DESCore

@Suite("Keys and shards")
struct ContainerKeyTests {
    @Test(
        "a shard is the leading bits of SHA-256, as earlier versions have it",
        arguments: [
            ("", 227, 56, 14), ("test", 159, 39, 9), ("a/b.txt", 85, 21, 5),
            ("DES_20251126_(BF785FEA0100_81)", 66, 16, 4),
        ])
    func shards(name: String, eight: Int, six: Int, four: Int) throws {
        for (bits, number) in [(8, eight), (6, six), (4, four)] {
            #expect(ShardID(of: name, bits: try ShardBits(bits)).number == number)
        }
        for bits in [0, 17, -1] { #expect(throws: DESError.self) { try ShardBits(bits) } }
    }

    @Test("names that follow one another are spread evenly over the shards")
    func spread() throws {
        let bits = try ShardBits(6)
        var counts = [Int](repeating: 0, count: bits.shardCount)
        let day = try #require(CalendarDay("2026-01-31"))
        for number in 0..<64_000 {
            let value = NameValue(
                milliseconds: day.milliseconds.lowerBound + number / 256, node: 3,
                sequence: UInt8(truncatingIfNeeded: number))
            counts[DESName(prefix: .standard, day: day, value: value).shard(bits: bits).number] += 1
        }
        // 1,000 each; the standard deviation is 31.
        #expect(counts.allSatisfy { (850...1_150).contains($0) }, "\(counts)")
    }

    private static let id = "019c1234-5678-7abc-8def-0123456789ab"

    @Test(
        "every layout is read and written back",
        arguments: [
            "p/2026-01-31/shard_00007/\(id).des", "2026-01-31/shard_65535/\(id).des",
            "a/b/2026-01-31/shard_00007/\(id)/\(id).des", "2026-01-31/shard_07.des", "x/2026-01-31/shard_3.des",
            "2026-01-31/0f.des", "x/2026-01-31/7.des", "2026-01-31/ffff.des",
        ])
    func layouts(text: String) throws {
        let key = try #require(ContainerKey(text))
        #expect(key.text == text)
        #expect(key.day == CalendarDay("2026-01-31"))
        #expect((key.id?.description == Self.id) == text.contains(Self.id))
    }

    @Test(
        "what is no key of a container is none",
        arguments: [
            "", "2026-01-31", "2026-01-31/shard_00007", "2026-01-31/shard_7/\(id).des", "2026-02-30/0f.des",
            "2026-01-31/0F.des", "2026-01-31/shard_-1.des", "2026-01-31/+f.des", "2026-01-31/shard_65536.des",
            "2026-01-31/shard_00007/x.des", "shard_00007/\(id).des", "2026-01-31/shard_00007/\(id).parquet",
            "2026-01-31/shard_00007/019C1234-5678-7abc-8def-0123456789ab.des", "2026-01-31/fffff.des",
            "/2026-01-31/0f.des",
        ])
    func none(text: String) { #expect(ContainerKey(text) == nil) }

    @Test("manifest and bodies outside follow from the key")
    func others() throws {
        let key = try #require(ContainerKey("p/2026-01-31/shard_00007/\(Self.id)/\(Self.id).des"))
        #expect(key.manifestKey(.parquet) == "p/manifests/day=2026-01-31/shard=00007/\(Self.id).parquet")
        #expect(
            key.bodyKey(of: try EntryName("x/y")) == "p/2026-01-31/shard_00007/\(Self.id)/_bigFiles/x/y")
        #expect(ContainerKey.shardPrefix("", key.day, key.shard) == "2026-01-31/shard_00007/")
        #expect(ContainerKey("2026-01-31/0f.des")?.manifestKey(.parquet) == nil)
    }
}
