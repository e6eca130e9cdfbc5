internal import DESCore

/// How many rows to claim where not all that were claimed could be packed.
///
/// Where the catalog refuses to commit, one row is to blame, and nobody says which: half as many are claimed each time, until it
/// is alone. Where sizes are not known, as many as filled the last container.
final class ClaimWidths: Sendable {
    private let widths = Monitor<[ShardID: Int]>([:])

    /// Rows of a container at most.
    func width(of shard: ShardID, _ countMax: Int) -> Int { min(countMax, widths.withLock { $0[shard] } ?? countMax) }

    /// So many rows could not be committed.
    func refused(_ shard: ShardID, _ count: Int) { widths.withLock { $0[shard] = max(1, count / 2) } }

    /// So many could: twice as many may, too.
    func passed(_ shard: ShardID, _ count: Int) {
        widths.withLock { widths in
            guard let width = widths[shard] else { return }
            widths[shard] = width > 1 << 20 ? nil : max(width, 2 * count)
        }
    }

    /// The one that could not is found.
    func isFound(_ shard: ShardID) { widths.withLock { $0[shard] = nil } }

    /// A container was full with so many, of which the sizes were not known before.
    func filled(_ shard: ShardID, with count: Int) { widths.withLock { $0[shard] = max(1, count + count / 8) } }
}
