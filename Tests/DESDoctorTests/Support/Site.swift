import DESCore
import DESStore
import Synchronization
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// A catalog and a store, and containers as packers make them and leave them behind.
final class Site: Sendable {
    let test: TestCatalog
    let store: any ObjectStore
    let layout: DeploymentLayout
    private let state: Mutex<State>

    private struct State {
        var generator = SeededGenerator(seed: 7)
        var nameCount: UInt64 = 0
        var sourceCount = 0
    }

    /// Of the names, unless a test says another.
    static let day = CalendarDay(number: 20_000) ?? TestNames.day
    /// Containers are begun so long before now: longer than any grace.
    private static let age = 3 * 86_400_000

    init(_ database: Database, store: any ObjectStore = MemoryStore(pageCount: 3), keyPrefix: String = "archive")
        async throws
    {
        test = try await database.empty()
        self.store = store
        layout = DeploymentLayout(shardBits: try ShardBits(1), namePrefix: .standard, keyPrefix: keyPrefix)
        state = Mutex(State())
        _ = try await test.catalog.migrate(layout, accepting: { _ in })
        let record = #"{"shard_bits":1,"name_prefix":"DES","key_prefix":"\#(keyPrefix)"}"#
        _ = try await store.put(recordKey, Array(record.utf8), .create)
    }

    /// The same store with another catalog, or the other way round.
    init(_ other: Site, _ test: TestCatalog? = nil, store: (any ObjectStore)? = nil) {
        self.test = test ?? other.test
        self.store = store ?? other.store
        layout = other.layout
        state = Mutex(State())
    }

    var recordKey: String { layout.keyPrefix.isEmpty ? "des-layout.json" : "\(layout.keyPrefix)/des-layout.json" }

    /// For what is tested, through `store` if one is given.
    func deployment(_ store: (any ObjectStore)? = nil) async throws -> Deployment {
        try await Deployment(store: store ?? self.store, catalog: test.catalog)
    }

    func plan(_ store: (any ObjectStore)? = nil, readsData: Bool = false) async throws -> RepairPlan {
        var options = Doctor.Options()
        (options.readsData, options.width) = (readsData, 1)
        return try await Doctor(try await deployment(store), options: options).examine()
    }

    /// Does a plan.
    func apply(_ plan: RepairPlan, _ store: (any ObjectStore)? = nil) async throws -> [Repairer.Outcome] {
        let repairer = Repairer(try await deployment(store), holder: "test")
        var outcomes: [Repairer.Outcome] = []
        for step in plan.steps { outcomes.append(try await repairer.apply(step, grace: plan.grace)) }
        return outcomes
    }

    // MARK: Rows

    /// Queues files and gives them names of a day and shard.
    /// - Returns: their sources.
    @discardableResult
    func queue(_ count: Int, day: CalendarDay = Site.day, shard: Int = 0, source: String? = nil) async throws
        -> [String]
    {
        let (sources, batch) = state.withLock { state in
            var batch = NameBatch()
            while batch.count < count, let value = NameValue(bits: state.nameCount) {
                state.nameCount += 1
                let name = DESName(prefix: .standard, day: day, value: value).description
                guard ShardID(of: name, bits: layout.shardBits).number == shard else { continue }
                batch.append(name, shard: shard, day: day.description)
            }
            let first = state.sourceCount
            state.sourceCount += count
            return ((first..<first + count).map { "\(source ?? "s3://sources/")\($0)" }, batch)
        }
        let files = sources.enumerated().map { number, source in
            NewFile(source: source, sourceID: number % 2 == 0 ? "id-\(source)" : nil, size: Site.body(source).count)
        }
        _ = try await test.catalog.enqueue(files, from: "test", ImportProgress(position: "", rowCount: count))
        let marked = try await test.catalog.mark(batch, after: nil, .atOnce)
        #expect(marked.markedCount == count)
        return sources
    }

    /// The bytes of a source.
    static func body(_ source: String) -> [UInt8] {
        Array(String(repeating: source, count: 1 + source.utf8.count % 5).utf8)
    }

    // MARK: Containers

    /// A container that a packer has built, with the rows that it has claimed.
    struct Attempt: Sendable {
        var lease: ShardLease
        var record: ContainerRecord
        var bytes: [UInt8]
        var entries: [PackedEntry]
        /// Bodies outside, by key.
        var outside: [String: [UInt8]] = [:]

        var id: ContainerID { record.id }
        var key: String { record.key }
    }

    /// Claims rows and builds their container; the lease runs out at once, so that anybody may take the shard over.
    /// - Parameter outside: whether the first body lies outside of it.
    func begin(
        day: CalendarDay = Site.day, shard number: Int = 0, countMax: Int = 1_000, outside: Bool = false,
        holding: Duration = .milliseconds(-1)
    ) async throws -> Attempt {
        let shard = try #require(ShardID(number))
        let lease = try #require(try await test.catalog.acquire(shard, holder: "packer", timeToLive: holding))
        let now = try await test.catalog.identity().now
        let id = state.withLock { state in
            ContainerID(milliseconds: Int64(now - Site.age), using: &state.generator)
        }
        let key = ContainerKey(
            keyPrefix: layout.keyPrefix, day: day, shard: shard,
            layout: outside ? .attemptWithBodiesOutside(id) : .attempt(id))
        let rows = try await test.catalog.claim(
            lease,
            ClaimOrder(container: id, key: key.text, day: day, countMax: countMax, byteCountMax: 1 << 30))
        var record = ContainerRecord(
            id: id, key: key.text, day: day, shard: shard, epoch: lease.epoch, state: .writing)
        let built = try Site.build(rows, key, epoch: lease.epoch, outside: outside)
        record.byteCount = built.bytes.count
        return Attempt(
            lease: lease, record: record, bytes: built.bytes, entries: built.entries, outside: built.outside)
    }

    /// A container of rows, as a packer writes it.
    static func build(
        _ rows: [ClaimedRow], _ key: ContainerKey, epoch: Int, outside: Bool = false
    ) throws -> (bytes: [UInt8], entries: [PackedEntry], outside: [String: [UInt8]]) {
        let sink = MemorySink()
        var options = ContainerWriter.Options()
        options.id = try #require(key.id)
        (options.epoch, options.shardBits) = (UInt64(epoch), 1)
        options.createdAt = Int64(key.id?.milliseconds ?? 0)
        var writer = try ContainerWriter(to: sink, options: options)
        var (entries, bodies): ([PackedEntry], [String: [UInt8]]) = ([], [:])
        for (number, row) in rows.enumerated() {
            let name = try EntryName(row.name)
            let body = Site.body(row.source)
            let meta = { (meta: inout MetaEncoder) in
                meta.set("source", row.source)
                if let id = row.sourceID { meta.set("source_id", id) }
                meta.set("created_at", "2026-01-31T00:00:00Z")
            }
            let (offset, crc) = (writer.dataEnd, CRC32C.of(body.span.bytes))
            if outside, number == 0 {
                let place = key.bodyKey(of: name)
                bodies[place] = body
                _ = try writer.append(external: name, meta: meta, key: place, byteCount: body.count, crc: crc)
                entries.append(
                    PackedEntry(
                        rowID: row.id, name: row.name, offset: 0, byteCount: body.count,
                        flags: EntryFlags.external.rawValue, crc: crc))
            } else {
                try writer.append(name, meta: meta, body: body.span.bytes)
                entries.append(
                    PackedEntry(
                        rowID: row.id, name: row.name, offset: offset, byteCount: body.count, flags: 0, crc: crc))
            }
        }
        _ = try writer.seal()
        return (sink.bytes, entries, bodies)
    }

    /// Puts the object, and its bodies outside.
    func put(_ attempt: Attempt) async throws {
        for (key, body) in attempt.outside { _ = try await store.put(key, body, .create) }
        _ = try await store.put(attempt.key, attempt.bytes, .create)
    }

    func commit(_ attempt: Attempt) async throws {
        try await test.catalog.uploaded(attempt.id, byteCount: attempt.bytes.count, attempt.lease)
        try await test.catalog.commit(attempt.id, attempt.entries, others: [], attempt.lease)
    }

    /// Packs everything that waits in a day and shard.
    @discardableResult
    func pack(
        day: CalendarDay = Site.day, shard: Int = 0, countMax: Int = 1_000, outside: Bool = false
    ) async throws -> Attempt {
        let attempt = try await begin(day: day, shard: shard, countMax: countMax, outside: outside)
        try await put(attempt)
        try await commit(attempt)
        return attempt
    }

    /// A packer that is gone after its object was put, and whose shard was taken over.
    @discardableResult
    func abandon(
        day: CalendarDay = Site.day, shard: Int = 0, countMax: Int = 1_000, outside: Bool = false
    ) async throws -> Attempt {
        let attempt = try await begin(day: day, shard: shard, countMax: countMax, outside: outside)
        try await put(attempt)
        try await takeOver(shard)
        return attempt
    }

    func takeOver(_ number: Int = 0) async throws {
        let shard = try #require(ShardID(number))
        _ = try #require(try await test.catalog.acquire(shard, holder: "next", timeToLive: .milliseconds(-1)))
    }

    // MARK: What there is

    /// All keys of the store.
    func keys() async throws -> [String] {
        var keys: [String] = []
        for try await object in store.objects() { keys.append(object.key) }
        return keys
    }

    func has(_ key: String) async throws -> Bool { try await keys().contains(key) }

    /// Files and committed containers, as they would have to be restored.
    func packed() async throws -> [[String?]] {
        try await test.run(
            """
            SELECT CAST(day AS text), name, source, source_id, CAST(container_id AS text), data_offset, byte_count, flags, crc
            FROM des_files ORDER BY day, name
            """)
            + test.run(
                """
                SELECT CAST(id AS text), key, shard, CAST(day AS text), epoch, entry_count, byte_count
                FROM des_containers WHERE state = 'committed' ORDER BY id
                """)
    }

    /// Everything that a catalog has, but for times and leases.
    func everything() async throws -> [[String?]] {
        try await packed()
            + test.run("SELECT id, name, status, CAST(container_id AS text) FROM des_queue ORDER BY id")
            + test.run("SELECT CAST(id AS text), state FROM des_containers ORDER BY id")
    }

    /// Changes an object in place.
    func spoil(_ key: String, at offset: Int = 20) async throws {
        var bytes = try await store.get(key, .bytes(0..<Int.max), ifMatch: nil).bytes
        bytes[offset] ^= 1
        _ = try await store.put(key, bytes, .overwrite)
    }
}

extension RepairPlan {
    /// The kinds of findings, and what is to be done about each.
    var summary: [String] {
        findings.map { "\($0.kind.rawValue) \($0.step?.action.rawValue ?? "-")" }.sorted()
    }
}
