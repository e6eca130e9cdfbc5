import Glibc
import Testing

@testable import DESCore

@Suite("Damage: flipped bits")
struct BitFlipTests {
    /// Every region: DATA with a gap, META, INDEX, CHECKSUMS, DICTIONARY, ROOT, TRAILER, FOOTER.
    static func container() -> ForgedContainer {
        var container = ForgedContainer(TestContainer.mixed)
        container.data += [0x55, 0x66]
        container.dictionary = [1, 2, 3, 4, 5]
        return container
    }

    @Test("no single flipped bit gives a wrong answer or goes unseen by the verifier", arguments: 0..<8)
    func everyBit(bit: Int) async throws {
        let whole = Self.container().bytes()
        let truth = try await Truth(TestContainer.mixed, in: whole)
        #expect(await !truth.check(whole, "nothing"))
        #expect(try await findings(in: whole).isEmpty)
        var bytes = whole
        for place in bytes.indices {
            bytes[place] ^= 1 << UInt8(bit)
            await truth.check(bytes, "flipping bit \(bit) of byte \(place)")
            let found = try await findings(in: bytes)
            #expect(!found.isEmpty, "bit \(bit) of byte \(place)")
            #expect(found.allSatisfy { (0..<bytes.count).contains($0.offset) }, "bit \(bit) of byte \(place)")
            bytes[place] = whole[place]
        }
    }

    @Test("no single flipped bit gives a wrong answer through a mapped file")
    func mapped() async throws {
        let whole = Self.container().bytes()
        let truth = try await Truth(TestContainer.mixed, in: whole)
        let directory = try TemporaryDirectory()
        let path = try directory.write(whole, to: "c.des")
        let file = try FileDescriptor(opening: path, O_RDWR)
        truth.checkMapped(path, "nothing")
        for place in whole.indices {
            for bit in 0..<8 {
                var byte = whole[place] ^ 1 << UInt8(bit)
                #expect(pwrite(file.rawValue, &byte, 1, place) == 1)
                truth.checkMapped(path, "flipping bit \(bit) of byte \(place)")
            }
            var byte = whole[place]
            #expect(pwrite(file.rawValue, &byte, 1, place) == 1)
        }
    }

    @Test("no two flipped bits give a wrong answer", arguments: 0..<4 as Range<UInt64>)
    func twoBits(seed: UInt64) async throws {
        let whole = Self.container().bytes()
        let truth = try await Truth(TestContainer.mixed, in: whole)
        var random = SeededGenerator(seed: seed)
        var bytes = whole
        for _ in 0..<5_000 {
            let bits = (0..<2).map { _ in Int.random(in: 0..<whole.count * 8, using: &random) }
            for bit in bits { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
            await truth.check(bytes, "flipping the bits \(bits)")
            for bit in bits { bytes[bit / 8] = whole[bit / 8] }
        }
    }

    @Test("with two pages, a flipped bit is found, and what is on the other page still reads right")
    func twoPages() async throws {
        let entries = (0..<66).map { TestEntry("\($0)", [UInt8($0)]) }
        let (whole, places) = ForgedContainer(entries).build()
        let truth = try await Truth([0, 7, 65].map { entries[$0] }, in: whole)
        #expect(await !truth.check(whole, "nothing"))
        var bytes = whole
        var random = SeededGenerator(seed: 9)
        // Every byte that is about pages, and a sample of the others: one container of one page is flipped bit by bit.
        let sample = stride(from: 0, to: places.checksums.lowerBound, by: 5)
        for place in Array(sample) + Array(places.checksums.lowerBound..<places.root.upperBound) {
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            await truth.check(bytes, "changing byte \(place) to \(bytes[place])")
            #expect(try await !findings(in: bytes).isEmpty, "byte \(place), now \(bytes[place])")
            bytes[place] = whole[place]
        }
    }
}
