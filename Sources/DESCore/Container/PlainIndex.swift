/// The INDEX of a plain v1 container, which is in no order, made searchable. The last entry of a name wins.
struct PlainIndex: Sendable {
    let entries: ContainerIndex
    /// Keys with the position of their entry, ascending; the last of equal names is the one that counts.
    private let keys: [(key: EntryKey, position: Int)]

    init(_ entries: ContainerIndex) {
        self.entries = entries
        keys = entries.indices.map { (entries.withName(at: $0) { EntryKey($0) }, $0) }.sorted { $0 < $1 }
    }

    func find(_ name: RawSpan) -> EntryLocation? {
        let key = EntryKey(name)
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].key < key { low = middle + 1 } else { high = middle }
        }
        var found: Int?
        while low < keys.count, keys[low].key == key {
            let position = keys[low].position
            let isSame = entries.withName(at: position) { $0.equals(name) }
            if isSame { found = position }
            low += 1
        }
        return found.map { entries[$0].location }
    }

    /// Positions of entries that a later entry of the same name hides.
    func hidden() -> [Int] {
        entries.indices.filter { position in
            let location = entries.withName(at: position) { find($0) }
            return location != entries[position].location
        }
    }
}
