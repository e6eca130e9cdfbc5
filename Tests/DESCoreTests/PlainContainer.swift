@testable import DESCore

/// A plain v1 container, built field by field from section 1 of the format and nothing of ours: no tail, INDEX in
/// the order of appending, gaps where they are asked for.
struct PlainContainer {
    struct Item {
        var name: [UInt8]
        var data: (UInt64, UInt64)
        var meta: (UInt64, UInt64)
        var flags: UInt32
    }

    var items: [Item] = []
    var data: [UInt8] = []
    var metas: [UInt8] = []
    /// Zero bytes at the start of DATA that are in no array: for offsets beyond what fits into memory.
    var hole = 0
    /// Unused bytes before META, INDEX and FOOTER.
    var gaps = (0, 0, 0)
    var footerReserved: [UInt8] = [UInt8](repeating: 0, count: 7)

    mutating func add(_ name: String, body: [UInt8], meta: String? = nil, flags: UInt32 = 0) {
        let meta = Array((meta ?? "{\"size\":\(body.count)}").utf8)
        items.append(
            Item(
                name: Array(name.utf8), data: flags & 1 == 1 ? (0, 0) : (UInt64(data.count), UInt64(body.count)),
                meta: (UInt64(metas.count), UInt64(meta.count)), flags: flags))
        data += body
        metas += meta
    }

    static let header = Array("DESHEAD1".utf8) + [1, 0, 0, 0, 0, 0, 0, 0]

    /// The container; it must have no hole.
    func bytes() -> [UInt8] { Self.header + afterHole() }

    /// All but HEADER and the hole; offsets of items count from the start of their region, unless external.
    func afterHole() -> [UInt8] {
        func gap(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xAA, count: count) }
        let dataStart = Self.header.count + hole
        var bytes = data + gap(gaps.0)
        let metaStart = dataStart + bytes.count
        bytes += metas + gap(gaps.1)
        let indexStart = dataStart + bytes.count
        for item in items {
            bytes.append(littleEndian: UInt16(item.name.count))
            bytes += item.name
            bytes.append(littleEndian: item.data.0 &+ (item.flags & 1 == 1 ? 0 : UInt64(dataStart)))
            bytes.append(littleEndian: item.data.1)
            bytes.append(littleEndian: item.meta.0 &+ UInt64(metaStart))
            bytes.append(littleEndian: item.meta.1)
            bytes.append(littleEndian: item.flags)
        }
        let indexEnd = dataStart + bytes.count
        bytes += gap(gaps.2)
        bytes += Array("DESFOOT1".utf8) + [1] + footerReserved
        for (start, count) in [
            (Self.header.count, hole + data.count), (metaStart, metas.count), (indexStart, indexEnd - indexStart),
        ] {
            bytes.append(littleEndian: UInt64(start))
            bytes.append(littleEndian: UInt64(count))
        }
        bytes.append(littleEndian: UInt64(items.count))
        return bytes
    }
}
