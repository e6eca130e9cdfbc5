import Testing

@testable import DESCore

@Suite("Container ids")
struct ContainerIDTests {
    @Test("a new id is a UUID of version 7: 48 bits of milliseconds, version, variant, 74 random bits")
    func layout() {
        var generator = SeededGenerator(seed: 1)
        var (seenOnes, seenZeros) = ([UInt8](repeating: 0, count: 16), [UInt8](repeating: 0, count: 16))
        for _ in 0..<200 {
            let bytes = ContainerID(milliseconds: 0x0123_4567_89AB, using: &generator).bytes
            #expect(bytes.prefix(6).elementsEqual([0x01, 0x23, 0x45, 0x67, 0x89, 0xAB]))
            #expect(bytes[6] >> 4 == 7)
            #expect(bytes[8] >> 6 == 0b10)
            for index in 0..<16 {
                seenOnes[index] |= bytes[index]
                seenZeros[index] |= ~bytes[index]
            }
        }
        // Every random bit has been both 0 and 1.
        for index in 6..<16 {
            let random: UInt8 = index == 6 ? 0x0F : index == 8 ? 0x3F : 0xFF
            #expect(seenOnes[index] & random == random, "byte \(index)")
            #expect(seenZeros[index] & random == random, "byte \(index)")
        }
    }

    @Test("ids made later sort later")
    func order() {
        var generator = SeededGenerator(seed: 2)
        let texts = [0, 1, 255, 256, 1 << 40, (1 << 48) - 1].map {
            ContainerID(milliseconds: $0, using: &generator).description
        }
        #expect(texts == texts.sorted())
    }

    @Test("the text is the usual one of a UUID")
    func text() throws {
        let id = try #require(ContainerID((0..<16).map { UInt8($0 * 17) }))
        #expect(id.description == "00112233-4455-6677-8899-aabbccddeeff")
        #expect(ContainerID.none.description == "00000000-0000-0000-0000-000000000000")
        #expect(ContainerID([UInt8](repeating: 0, count: 15)) == nil)
        #expect(ContainerID([UInt8](repeating: 0, count: 17)) == nil)
    }
}
