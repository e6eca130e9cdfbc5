internal import Glibc
internal import Synchronization

/// For every entry of the pages that were checked so far: where it begins in its page, and 32 bits of its name's CRC32C.
///
/// Entries have no fixed size, so a search without this reads one after the other, each a wait for memory. With it the
/// search looks at a few neighbours of the place where the key should be, which lie side by side, and then at one entry.
/// Eight bytes an entry, in memory that counts only where it was written.
final class PageTables: Sendable {
    private let pageEntryCount: Int
    private let entryCount: Int
    // Safe: a page's slots are written under `writing` and before its bit is set (releasing), read after the bit was seen
    // (acquiring), and never written again, as `insert` looks for the bit under `writing`; freed in `deinit` only.
    private nonisolated(unsafe) let slots: UnsafeMutablePointer<UInt64>
    private let checked = InlineArray<128, Atomic<UInt64>> { _ in Atomic(0) }
    private let writing = Monitor(())

    init(_ layout: ContainerLayout) {
        pageEntryCount = layout.trailer?.geometry.pageEntryCount ?? 1
        entryCount = layout.isSorted ? layout.entryCount : 0
        guard let zeros = calloc(max(1, entryCount), MemoryLayout<UInt64>.stride) else {
            preconditionFailure("no memory for \(entryCount) entries")
        }
        slots = zeros.bindMemory(to: UInt64.self, capacity: max(1, entryCount))
    }

    deinit { free(slots) }

    /// Whether `page` was added.
    @inline(__always)
    func contains(_ page: Int) -> Bool {
        checked[page / 64].load(ordering: .acquiring) & 1 << UInt64(page % 64) != 0
    }

    /// Adds a page whose checksum is right.
    /// - Throws: ``DESError/Code/corrupt`` if its entries do not fit into it.
    func insert(_ page: Int, _ index: RawSpan, start: Int) throws {
        try writing.withLock { _ in
            if contains(page) { return }
            var offset = 0
            for slot in page * pageEntryCount..<min((page + 1) * pageEntryCount, entryCount) {
                let name = try IndexEntry.name(at: offset, in: index, start: start)
                slots[slot] = UInt64(PageTables.fingerprint(index.extracting(name))) << 32 | UInt64(offset)
                offset = name.upperBound + IndexEntry.fixedByteCount
            }
            checked[page / 64].bitwiseOr(1 << UInt64(page % 64), ordering: .releasing)
        }
    }

    @inline(__always)
    private static func fingerprint(_ name: RawSpan) -> UInt32 { name.crc32c }

    /// Looks for `name` in a page that was added, from the place outwards that is `fraction` of the way through it.
    /// Every entry is looked at before it gives up, whatever their order.
    @inline(__always)
    func find(_ name: RawSpan, page: Int, index: RawSpan, near fraction: Double) -> IndexEntry.Found? {
        let first = page &* pageEntryCount
        let count = min(pageEntryCount, entryCount &- first)
        let guess = min(Int(fraction * Double(count)), count &- 1)
        let wanted = PageTables.fingerprint(name)
        for step in 0..<2 &* count {
            // guess, guess + 1, guess - 1, guess + 2, …
            let place = step & 1 == 0 ? guess &- step / 2 : guess &+ (step &+ 1) / 2
            guard place >= 0, place < count else { continue }
            let slot = slots[first &+ place]
            guard UInt32(truncatingIfNeeded: slot >> 32) == wanted else { continue }
            let offset = Int(UInt32(truncatingIfNeeded: slot))
            let nameStart = offset &+ IndexEntry.prefixByteCount
            let length = Int(index.integer(at: offset, as: UInt16.self))
            if length == name.byteCount, index.extracting(nameStart..<nameStart + length).equals(name) {
                return IndexEntry.Found(place: place, nameEnd: nameStart + length)
            }
        }
        return nil
    }
}
