import CDESCore
import Testing

@testable import DESCore

@Suite("CRC32C")
struct CRC32CTests {
    @Test("the check value of the CRC catalogue")
    func checkValue() {
        let digits = Array("123456789".utf8)
        #expect(CRC32C.of(digits.span.bytes) == 0xE306_9283)
        #expect(CRC32C().value == 0)
    }

    @Test("the CPU's instruction and the portable tables agree at every length and alignment, in one piece or two")
    func implementationsAgree() throws {
        try #require(des_crc32c_has_hardware(), "this CPU has no CRC32C instruction, so there is nothing to compare")
        var random = SeededGenerator(seed: 1)
        let bytes = (0..<40_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let lengths = Array(0...600) + [1_023, 1_024, 6_143, 6_144, 6_145, 12_288 + 191, 39_000]
        for length in lengths {
            for start in [0, 1, 7] {
                bytes.withUnsafeBytes { all in
                    let part = UnsafeRawBufferPointer(rebasing: all[start..<start + length])
                    let portable = des_crc32c_portable(0, part.baseAddress, length)
                    #expect(des_crc32c_hardware(0, part.baseAddress, length) == portable, "\(length) bytes at \(start)")
                    let cut = length / 3
                    let first = des_crc32c(0, part.baseAddress, cut)
                    #expect(des_crc32c(first, part.baseAddress?.advanced(by: cut), length - cut) == portable)
                }
            }
        }
    }
}
