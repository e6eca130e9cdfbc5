/// The INDEX of a plain v1 container, which is in no order, made searchable. The last entry of a name wins.
struct PlainIndex: Sendable {
    let entries: ContainerIndex
    /// Keys with the position of their entry, ascending; the last of equal names is the one that counts.
    private let keys: [(key: EntryKey, position: Int)]

    init(_ entries: ContainerIndex) {
        self.entries = entries
        keys = entries.indices.map { (entries.withName(at: $0) { EntryKey($0) }, $0) }.sorted { $0 < $1 }
    }

    func find(_ name: RawSpan) -> EntryLocation? { position(of: name).map { entries[$0].location } }

    /// The position in INDEX of the last entry named `name`.
    private func position(of name: RawSpan) -> Int? {
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
        return found
    }

    /// Positions of entries that a later entry of the same name hides.
    func hidden() -> [Int] {
        entries.indices.filter { position in entries.withName(at: position) { self.position(of: $0) } != position }
    }
}
