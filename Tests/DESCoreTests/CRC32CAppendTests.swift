import CDESCore
import Testing

@testable import DESCore

@Suite("CRC32C of parts")
struct CRC32CAppendTests {
    @Test("the checksum of two parts put together is that of the whole, at every length", arguments: [1, 2])
    func wholes(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = [UInt8].random(70_000, using: &random)
        let counts = Array(0...300) + [1_023, 1_024, 4_095, 4_096, 65_535, 65_536, 69_000]
        for count in counts {
            let start = Int.random(in: 0...1_000, using: &random)
            var crc = CRC32C()
            crc.update(bytes.span.bytes.extracting(0..<start))
            let second = CRC32C.of(bytes.span.bytes.extracting(start..<start + count))
            crc.append(second, byteCount: count)
            #expect(crc.value == CRC32C.of(bytes.span.bytes.extracting(0..<start + count)), "\(start) and \(count)")
        }
    }

    @Test("parts of any length put together in any grouping give the same", arguments: 0..<20 as Range<UInt64>)
    func grouping(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let crcs = (0..<3).map { _ in UInt32.random(in: 0...(.max), using: &random) }
            let counts = (0..<2).map { _ in
                UInt64.random(in: 0...(1 << UInt64.random(in: 0...44, using: &random)), using: &random)
            }
            let left = des_crc32c_combine(des_crc32c_combine(crcs[0], crcs[1], counts[0]), crcs[2], counts[1])
            let right = des_crc32c_combine(
                crcs[0], des_crc32c_combine(crcs[1], crcs[2], counts[1]), counts[0] + counts[1])
            #expect(left == right, "\(crcs), \(counts)")
        }
        // A part of no bytes changes nothing.
        #expect(des_crc32c_combine(0x1234_5678, 0, 0) == 0x1234_5678)
    }
}
