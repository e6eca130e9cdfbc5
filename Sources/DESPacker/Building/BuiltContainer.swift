internal import DESCatalog
internal import DESCore
internal import DESStore

/// What is to be built.
struct BuildOrder: Sendable {
    var container: ContainerID
    var key: ContainerKey
    var epoch: Int
    var shardBits: ShardBits
    /// Milliseconds since 1970.
    var createdAt: Int
    var rows: [ClaimedRow]
    /// No more bodies are begun once there are so many bytes.
    var byteCountMax: Int
}

/// A container that is sealed, and not yet an object.
struct BuiltContainer: Sendable {
    /// `nil` if there is no entry.
    var sealed: SealedContainer?
    var entries: [PackedEntry]
    /// META of each.
    var metas: [[UInt8]]
    /// Rows that are not in it.
    var others: [UnpackedRow]
    /// It was sealed before all was in it that was claimed for it.
    var early: SealReason?

    /// Of the bodies.
    var bodyByteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }
}

/// Nothing of a source can be read: it is down, and no row is to blame.
struct SourceOutage: Error, CustomStringConvertible {
    let error: DESError

    var description: String { error.description }
}

/// What has become of the rows of an order so far.
struct BuildResult: Sendable {
    let policy: RowPolicy
    private var entries: [PackedEntry] = []
    private var metas: [[UInt8]] = []
    private var faults: [(row: ClaimedRow, error: DESError, authority: String?)] = []
    /// Sources of which something could be read.
    private var readable: Set<String> = []
    private var others: [UnpackedRow] = []
    private var deferred: [PlannedRow] = []
    private var early: SealReason?
    private var deadBatchCount = 0

    init(policy: RowPolicy) { self.policy = policy }

    var entryCount: Int { entries.count }

    /// A row that cannot be packed.
    /// - Parameter authority: where it was looked for.
    mutating func fault(_ row: ClaimedRow, _ error: DESError, of authority: String? = nil) {
        faults.append((row, error, authority))
    }

    /// Rows that were fetched, and where their entries lie.
    mutating func add(_ fetched: BodyFetcher.Fetched, _ places: [BodyPlace?]) {
        let all = fetched.entries.eachMeta()
        for (position, row) in fetched.rows.enumerated() {
            guard let place = places[position] else {
                fault(row.row, DESError(.conflict, "another row of the container has the name \(row.row.name)"))
                continue
            }
            readable.insert(row.address.authority)
            add(row.row, place, meta: all[position])
        }
        for (row, error) in fetched.faults { fault(row.row, error, of: row.address.authority) }
        let isDead =
            fetched.rows.isEmpty && !fetched.faults.isEmpty && fetched.faults.allSatisfy { $0.error.isOfSource }
        deadBatchCount = isDead ? deadBatchCount + 1 : 0
        deferred += fetched.deferred
        others += fetched.large.map { UnpackedRow(rowID: $0.row.id, .waits(size: $0.byteCount)) }
    }

    /// A row that is in the container.
    mutating func add(_ row: ClaimedRow, _ place: BodyPlace, meta: [UInt8]) {
        entries.append(
            PackedEntry(
                rowID: row.id, name: row.name, offset: place.offset, byteCount: place.byteCount,
                flags: place.flags.rawValue, crc: place.crc))
        metas.append(meta)
    }

    /// Those that turned out to be larger than was known.
    mutating func takeDeferred() -> [PlannedRow] {
        defer { deferred = [] }
        return deferred
    }

    /// No more was begun, for this reason: these rows wait on.
    mutating func stopped(_ reason: SealReason?, _ rows: [UnpackedRow]) {
        early = early ?? reason
        others += rows
    }

    /// Batch after batch brought nothing but faults of sources: it is no use to go on.
    var isSourceDown: Bool { deadBatchCount >= BuildResult.deadBatchCountMax }

    private static let deadBatchCountMax = 3

    /// - Throws: if nothing of a source could be read.
    func checkSource() throws(SourceOutage) {
        guard entries.isEmpty, let fault = faults.first(where: { $0.error.isOfSource }) else { return }
        throw SourceOutage(error: fault.error)
    }

    /// The result.
    func container(_ sealed: SealedContainer?) -> BuiltContainer {
        BuiltContainer(
            sealed: sealed, entries: entries, metas: metas,
            others: others + faults.map { fate($0.row, $0.error, $0.authority) },
            early: early)
    }

    /// Of a source of which nothing could be read nobody knows what is wrong: the row waits.
    private func fate(_ row: ClaimedRow, _ error: DESError, _ authority: String?) -> UnpackedRow {
        if error.isOfSource, let authority, !readable.contains(authority) {
            return UnpackedRow(rowID: row.id, .waits(size: nil))
        }
        return policy.fate(row, error)
    }
}

extension BuiltContainer {
    /// What is said of it to those who ask many containers.
    func manifest(_ container: CommittedContainer) -> Manifest {
        var rows: [(key: EntryKey, row: Manifest.Row)] = []
        rows.reserveCapacity(entries.count)
        for (entry, meta) in zip(entries, metas) {
            let place = BodyPlace(
                offset: entry.offset, byteCount: entry.byteCount, crc: entry.crc,
                flags: EntryFlags(rawValue: entry.flags))
            let key = entry.name.utf8.span.bytes
            rows.append((EntryKey(key), Manifest.Row(name: entry.name, place: place, meta: meta)))
        }
        rows.sort { $0.key != $1.key ? $0.key < $1.key : $0.row.name.utf8.lexicographicallyPrecedes($1.row.name.utf8) }
        return Manifest(container: container, rows: rows.map(\.row))
    }
}
