import Testing

@testable import DESCore

/// A plain container has no checksums, so damage cannot always be seen. It must still never lead outside DATA or META,
/// and never to a crash.
@Suite("Damage: plain v1 containers")
struct PlainDamageTests {
    private static func container() -> PlainContainer {
        var container = PlainContainer()
        for entry in TestContainer.mixed { container.add(entry.name, body: entry.body) }
        container.add("alpha", body: Array("again".utf8))
        return container
    }

    @Test("no flipped bit leads outside DATA or META", arguments: 0..<8)
    func everyBit(bit: Int) async {
        let whole = Self.container().bytes()
        var bytes = whole
        for place in bytes.indices {
            bytes[place] ^= 1 << UInt8(bit)
            await readAnyway(bytes, "flipping bit \(bit) of byte \(place)")
            bytes[place] = whole[place]
        }
    }

    @Test("no random change of fields leads outside DATA or META", arguments: 0..<4 as Range<UInt64>)
    func randomFields(seed: UInt64) async {
        let whole = Self.container().bytes()
        let fields = whole.count - 72 + 16
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place =
                    Bool.random(using: &random)
                    ? fields + 8 * Int.random(in: 0..<7, using: &random)
                    : Int.random(in: 0...whole.count - 8, using: &random)
                let value = HostileValue.random(near: whole.count, using: &random)
                withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + 8, with: $0) }
            }
            await readAnyway(bytes, "changing fields, seed \(seed)")
        }
    }

    @Test("counts, lengths and offsets that cannot be are refused when the container is opened")
    func hostile() async {
        func expectCorrupt(_ what: String, _ change: (inout PlainContainer) -> Void) async {
            var container = Self.container()
            change(&container)
            do {
                _ = try await ContainerReader(MemoryByteSource(container.bytes()))
                Issue.record("opened a container with \(what)")
            } catch { #expect((error as? DESError)?.code == .corrupt, "\(what)") }
        }
        for value: UInt64 in [1 << 62, 1 << 63, (1 << 63) - 1, .max, .max - 100, 1_000] {
            await expectCorrupt("a body at \(value)") { $0.items[0].data.0 = value }
            await expectCorrupt("a body of \(value) bytes") { $0.items[0].data.1 = value }
            await expectCorrupt("META at \(value)") { $0.items[0].meta.0 = value }
            await expectCorrupt("META of \(value) bytes") { $0.items[0].meta.1 = value }
        }
        await expectCorrupt("a name that is not UTF-8") { $0.items[1].name = [0x61, 0xFF] }
        await expectCorrupt("an empty name") { $0.items[1].name = [] }
        await expectCorrupt("an external body at 16") {
            $0.items[1].flags = 1
            $0.items[1].data.0 = 16
        }
    }

    @Test("names that no extraction may follow open, and the verifier reports each")
    func names() async throws {
        for name in ["../x", "/etc/x", "a//b", "a/.", "a\0b"] {
            var container = PlainContainer()
            container.add("fine", body: [1])
            container.add(name, body: [2])
            let reader = try await ContainerReader(MemoryByteSource(container.bytes()))
            #expect(try await reader.find(EntryName(name)) != nil)
            let found = try await findings(in: container.bytes())
            #expect(found.map(\.offset) == [reader.layout.index.lowerBound + 2 + 4 + 36], "\(name.debugDescription)")
        }
    }
}
