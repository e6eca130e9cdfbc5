/// The INDEX of a plain v1 container, which is in no order, made searchable. The last entry of a name wins.
struct PlainIndex: Sendable {
    let entries: ContainerIndex
    /// The entries that count, with their keys, ascending by key.
    private let keys: [(key: EntryKey, position: Int)]
    /// Positions of entries that a later entry of the same name hides, ascending.
    let hidden: [Int]

    init(_ entries: ContainerIndex) {
        self.entries = entries
        let all = entries.indices.map { (key: entries.withName(at: $0) { EntryKey($0) }, position: $0) }.sorted {
            $0 > $1
        }
        var kept: [(key: EntryKey, position: Int)] = []
        var hidden: [Int] = []
        for candidate in all {
            // From the last position on: who has a name already kept is hidden. Keys tie only for equal names, or by chance.
            let isHidden = kept.reversed().prefix { $0.key == candidate.key }.contains { other in
                entries.withName(at: candidate.position) { name in
                    entries.withName(at: other.position) { $0.equals(name) }
                }
            }
            if isHidden { hidden.append(candidate.position) } else { kept.append(candidate) }
        }
        keys = kept.reversed()
        self.hidden = hidden.sorted()
    }

    func find(_ name: RawSpan) -> EntryLocation? {
        let key = EntryKey(name)
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].key < key { low = middle + 1 } else { high = middle }
        }
        while low < keys.count, keys[low].key == key {
            if entries.withName(at: keys[low].position, { $0.equals(name) }) {
                return entries[keys[low].position].location
            }
            low += 1
        }
        return nil
    }
}
