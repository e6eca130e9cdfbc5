@testable import DESCore

/// A container of ours built field by field from the format, every field free to lie, every checksum right.
///
/// With nothing changed it gives the bytes of the writer; a test holds it to that.
struct ForgedContainer {
    struct Item {
        var name: [UInt8]
        var data: (start: UInt64, count: UInt64)
        var meta: (start: UInt64, count: UInt64)
        var flags: UInt32 = 0
        var bodyCRC: UInt32
        var metaCRC: UInt32

        var key: EntryKey { EntryKey(name.span.bytes) }
    }

    /// One page in ROOT.
    struct Page: Equatable {
        var top: UInt32
        var offset: UInt32
        var position: UInt32
    }

    var data: [UInt8] = []
    var metas: [UInt8] = []
    /// In the order of INDEX.
    var items: [Item] = []
    var dictionary: [UInt8] = []
    var pageEntryCount = 64
    var isClustered = false
    var smallEnd: UInt64 = 0
    /// Changes what ROOT says.
    var editRoot: (inout [Page]) -> Void = { _ in }
    /// Changes CHECKSUMS, before their checksum is made.
    var editChecksums: (inout [UInt8]) -> Void = { _ in }
    /// Words of the TRAILER by offset, in place of the right ones.
    var trailerWords: [Int: UInt32] = [:]
    /// Fields of eight bytes of the FOOTER by offset, in place of the right ones.
    var footerFields: [Int: UInt64] = [:]

    /// A right container of `entries`, not clustered.
    init(_ entries: [TestEntry]) {
        for entry in entries {
            var meta: [UInt8] = []
            var encoder = MetaEncoder(borrowing: &meta)
            entry.encode(into: &encoder)
            encoder.finish(size: entry.body.count, returning: &meta)
            add(Array(entry.name.utf8), body: entry.body, meta: meta)
        }
        sort()
    }

    mutating func add(_ name: [UInt8], body: [UInt8], meta: [UInt8]) {
        items.append(
            Item(
                name: name, data: (16 + UInt64(data.count), UInt64(body.count)),
                meta: (UInt64(metas.count), UInt64(meta.count)), bodyCRC: crc32c(body), metaCRC: crc32c(meta)))
        data += body
        metas += meta
    }

    mutating func sort() {
        items.sort { a, b in a.key != b.key ? a.key < b.key : a.name.lexicographicallyPrecedes(b.name) }
    }

    /// Changes the item with this name.
    mutating func edit(_ name: String, _ change: (inout Item) -> Void) {
        for place in items.indices where items[place].name == Array(name.utf8) { change(&items[place]) }
    }

    var metaStart: Int { 16 + data.count }
    var indexStart: Int { metaStart + metas.count }

    /// Where each part of ``bytes()`` lies.
    struct Places {
        var data, meta, index, checksums, dictionary, root, trailer, footer: Range<Int>
    }

    private func indexed() -> (pages: [[UInt8]], root: [Page]) {
        var pages: [[UInt8]] = []
        var root: [Page] = []
        for (number, item) in items.enumerated() {
            if number % pageEntryCount == 0 {
                let offset = pages.reduce(0) { $0 + $1.count }
                root.append(Page(top: item.key.top, offset: UInt32(offset), position: 0))
                pages.append([])
            }
            var entry = [UInt8]()
            entry.append(littleEndian: UInt16(truncatingIfNeeded: item.name.count))
            entry += item.name
            entry.append(littleEndian: item.data.start)
            entry.append(littleEndian: item.data.count)
            entry.append(littleEndian: item.meta.start &+ UInt64(metaStart))
            entry.append(littleEndian: item.meta.count)
            entry.append(littleEndian: item.flags)
            pages[pages.count - 1] += entry
        }
        return (pages, root)
    }

    func bytes() -> [UInt8] { build().bytes }

    func build() -> (bytes: [UInt8], places: Places) {
        var (_, root) = indexed()
        let index = indexed().pages.flatMap { $0 }
        editRoot(&root)

        var checksums = [UInt8]()
        for (number, page) in root.enumerated() {
            // The page's checksum is that of the bytes which ROOT says are the page.
            let end = number + 1 < root.count ? Int(root[number + 1].offset) : index.count
            let start = Int(page.offset)
            checksums.append(littleEndian: start <= end && end <= index.count ? crc32c(Array(index[start..<end])) : 0)
            for item in items.dropFirst(number * pageEntryCount).prefix(pageEntryCount) {
                checksums.append(littleEndian: item.bodyCRC)
                checksums.append(littleEndian: item.metaCRC)
            }
        }
        editChecksums(&checksums)
        var rootBytes = [UInt8]()
        for page in root {
            for word in [page.top, page.offset, page.position] { rootBytes.append(littleEndian: word) }
        }

        var bytes = Header.bytes + data + metas + index
        let tailStart = bytes.count
        bytes += checksums + dictionary + rootBytes
        let trailerStart = bytes.count
        let footer = footer(index: index.count, tail: trailerStart + 128 - tailStart)
        let crcs = [data, metas, index, checksums, rootBytes].map(crc32c)
        bytes += trailer(crcs, pageCount: root.count, footer: footer) + footer
        let dictionaryStart = tailStart + checksums.count
        let places = Places(
            data: 16..<metaStart, meta: metaStart..<indexStart, index: indexStart..<tailStart,
            checksums: tailStart..<dictionaryStart, dictionary: dictionaryStart..<dictionaryStart + dictionary.count,
            root: dictionaryStart + dictionary.count..<trailerStart, trailer: trailerStart..<trailerStart + 128,
            footer: trailerStart + 128..<bytes.count)
        return (bytes, places)
    }

    private func footer(index: Int, tail: Int) -> [UInt8] {
        var footer = Array("DESFOOT1".utf8)
        let fields: [UInt64] = [
            1 | 1 << 8 | UInt64(tail) << 16, 16, UInt64(data.count), UInt64(metaStart), UInt64(metas.count),
            UInt64(indexStart), UInt64(index), UInt64(items.count),
        ]
        for (number, field) in fields.enumerated() {
            footer.append(littleEndian: footerFields[8 + 8 * number] ?? field)
        }
        return footer
    }

    private func trailer(_ crcs: [UInt32], pageCount: Int, footer: [UInt8]) -> [UInt8] {
        var trailer = Array("DESTAIL1".utf8)
        var words: [UInt32] = [0, 0, UInt32(pageEntryCount), UInt32(pageCount), isClustered ? 1 : 0, 0]
        words += crcs
        words += [UInt32(dictionary.count), crc32c(dictionary), 0]
        words += [UInt32(truncatingIfNeeded: smallEnd), UInt32(smallEnd >> 32)]
        words += [UInt32](repeating: 0, count: 13)
        for (number, word) in words.enumerated() {
            trailer.append(littleEndian: trailerWords[8 + 4 * number] ?? word)
        }
        trailer.append(littleEndian: crc32c(trailer + footer))
        return trailer
    }
}
