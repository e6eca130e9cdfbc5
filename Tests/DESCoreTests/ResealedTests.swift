import Glibc
import Testing

@testable import DESCore

@Suite("Damage: random changes under right checksums")
struct ResealedTests {
    @Test("resealing an unchanged container changes nothing")
    func unchanged() {
        for entries in [TestContainer.mixed, (0..<150).map { TestEntry("n\($0)", [1]) }] {
            var container = ForgedContainer(entries)
            container.dictionary = [1, 2, 3]
            let (whole, places) = container.build()
            var bytes = whole
            places.reseal(&bytes)
            #expect(bytes == whole)
        }
    }

    @Test("changed bytes anywhere lead to errors, never to a trap or outside DATA", arguments: 0..<8 as Range<UInt64>)
    func bytes(seed: UInt64) async throws {
        let (whole, places) = BitFlipTests.container().build()
        var random = SeededGenerator(seed: seed)
        let regions = [places.index, places.checksums, places.root, places.trailer, places.footer, 0..<whole.count]
        for round in 0..<400 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let region = regions[Int.random(in: 0..<regions.count, using: &random)]
                let place = Int.random(in: region, using: &random)
                if Bool.random(using: &random), place + 8 <= region.upperBound {
                    let value = HostileValue.random(near: whole.count, using: &random)
                    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + 8, with: $0) }
                } else {
                    bytes[place] = .random(in: 0...255, using: &random)
                }
            }
            places.reseal(&bytes)
            await readAnyway(bytes, "round \(round) of seed \(seed)")
        }
    }

    @Test("changed fields lead to errors, never to a trap or outside DATA", arguments: 0..<8 as Range<UInt64>)
    func fields(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed &+ 100)
        let directory = try TemporaryDirectory()
        for round in 0..<150 {
            var container = BitFlipTests.container()
            for _ in 0..<Int.random(in: 1...3, using: &random) { change(&container, using: &random) }
            let bytes = container.bytes()
            await readAnyway(bytes, "round \(round) of seed \(seed)")
            let path = try directory.write(bytes, to: "c.des")
            guard let mapped = try? MappedContainer(path: path) else { continue }
            for entry in TestContainer.mixed {
                let name = try EntryName(entry.name)
                do { _ = try mapped.withBody(of: name) { $0.byteCount } } catch is DESError {}
            }
        }
    }

    private func change(_ container: inout ForgedContainer, using random: inout SeededGenerator) {
        let value = HostileValue.random(near: 300, using: &random)
        let place = Int.random(in: 0..<container.items.count, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: container.items[place].data.start = value
        case 1: container.items[place].data.count = value
        case 2: container.items[place].meta.start = value
        case 3: container.items[place].meta.count = value
        case 4: container.items[place].flags = UInt32(truncatingIfNeeded: value)
        case 5: container.items[place].name = .random(Int.random(in: 0...70, using: &random), using: &random)
        case 6: container.items[place].name = container.items[0].name
        case 7: container.footerFields[8 + 8 * Int.random(in: 0..<8, using: &random)] = value
        case 8:
            container.trailerWords[8 + 4 * Int.random(in: 0..<29, using: &random)] = UInt32(truncatingIfNeeded: value)
        case 9: container.editRoot = { $0[0].top = UInt32(truncatingIfNeeded: value) }
        case 10: container.editRoot = { $0[0].position = UInt32(truncatingIfNeeded: value) }
        default: container.items.swapAt(0, place)
        }
    }

    @Test("a body or META whose checksum was made right for other bytes is what DATA holds, and nothing else")
    func overlapping() async throws {
        var container = ForgedContainer(TestContainer.mixed)
        container.edit("alpha") { item in
            item.data = (17, 20)
            item.bodyCRC = 0
        }
        let data = container.data
        container.edit("alpha") { $0.bodyCRC = crc32c(Array(data[1..<21])) }
        let bytes = container.bytes()
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        let found = try #require(try await reader.find(EntryName("alpha")))
        #expect(try await reader.body(of: found) == Array(data[1..<21]))
        let messages = try await findings(in: bytes).map(\.message)
        #expect(messages.contains { $0.contains("overlaps another one") }, "\(messages)")
        #expect(messages.contains { $0.contains("\"size\":14") }, "\(messages)")
    }
}
