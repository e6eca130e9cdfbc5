@testable import DESCore

extension ForgedContainer.Places {
    /// Makes every checksum right again for whatever the bytes now say, so that damage reaches the checks behind them.
    /// Only the checksums of bodies and META stay as they were.
    func reseal(_ bytes: inout [UInt8], pageEntryCount: Int = 64) {
        func word(_ offset: Int) -> Int { Int(bytes.span.bytes.integer(at: offset, as: UInt32.self)) }
        func set(_ value: UInt32, at offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
        }
        for page in 0..<root.count / 12 {
            let start = word(root.lowerBound + 12 * page + 4)
            let end = 12 * (page + 1) < root.count ? word(root.lowerBound + 12 * (page + 1) + 4) : index.count
            let place = checksums.lowerBound + page * (4 + 8 * pageEntryCount)
            guard start <= end, end <= index.count, place + 4 <= checksums.upperBound else { continue }
            set(crc32c(Array(bytes[index.lowerBound + start..<index.lowerBound + end])), at: place)
        }
        for (offset, region) in [(32, data), (36, meta), (40, index), (44, checksums), (48, root), (56, dictionary)] {
            set(crc32c(Array(bytes[region])), at: trailer.lowerBound + offset)
        }
        let covered = bytes[trailer.lowerBound..<trailer.lowerBound + 124] + bytes[footer]
        set(crc32c(Array(covered)), at: trailer.lowerBound + 124)
    }
}
