import DESCore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESPacker

/// The simulated catalog does what the real one does: otherwise the simulation would show nothing.
@Suite struct SimulatedCatalogTests {
    /// Would fail if the model and the SQL differed in what is claimed, who has a shard, what is committed and what waits.
    @Test func itIsTheCatalog() async throws {
        var counts: [String: Int] = [:]
        for seed in 1...6 as ClosedRange<UInt64> {
            let comparison = try await Comparison(seed: seed)
            for _ in 0..<250 { try await comparison.step() }
            counts.merge(comparison.counts, uniquingKeysWith: +)
        }
        #expect(counts.count == 11, "\(counts): each kind of step has to have happened")
    }
}

/// Does the same to both.
final class Comparison {
    private let seed: UInt64
    private let real: SQLiteCatalog
    private var model = SimulatedCatalog()
    private var generator: SeededGenerator
    private(set) var counts: [String: Int] = [:]
    private var leases: [ShardLease] = []
    private var orders: [(order: SimulatedCatalog.Order, id: ContainerID, lease: ShardLease, rows: [ClaimedRow])] = []
    private var rowCount = 0
    private var names: [Int: DESName] = [:]
    /// The model's clock: it stands still, as leases here last for ever or not at all, and rests are as long.
    private let now = 1_769_903_940_000
    private let bits: ShardBits
    private let day: CalendarDay

    init(seed: UInt64) async throws {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        bits = try ShardBits(1)
        day = try #require(CalendarDay(milliseconds: now))
        let path = "\(try TemporaryRoot.shared.directory())/catalog.db"
        try SQLiteFile.make(path)
        real = SQLiteCatalog(path: path)
        let layout = DeploymentLayout(shardBits: bits, namePrefix: .standard, keyPrefix: "")
        _ = try await real.migrate(layout) { _ in }
    }

    func step() async throws {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0...2: try await enqueue()
        case 3...4: try await acquire()
        case 5: try await renew()
        case 6: try await release()
        case 7...10: try await claim()
        case 11...13: try await upload()
        case 14...16: try await commit()
        case 17: try await abandon()
        default: try await survey()
        }
        try await compareStates()
    }

    private func count(_ word: String) { counts[word, default: 0] += 1 }

    private func enqueue() async throws {
        rowCount += 1
        let size = Int.random(in: 0...3, using: &generator) == 0 ? nil : Int.random(in: 0...80, using: &generator)
        _ = try await real.enqueue(
            [NewFile(source: "\(rowCount)", size: size)], from: "test", ImportProgress(position: "", rowCount: 0))
        model.enqueue(rowCount, size: size)
        let name = DESName(
            prefix: .standard, day: day, value: NameValue(milliseconds: now - rowCount, node: 0, sequence: 0))
        var batch = NameBatch()
        batch.append(name.description, shard: name.shard(bits: bits).number, day: day.description)
        var order = MarkOrder()
        order.minimumAge = .zero
        let done = try await real.mark(batch, after: nil, order)
        #expect(done.markedCount == 1)
        model.mark(rowCount, name, bits: bits)
        names[rowCount] = name
    }

    private func acquire() async throws {
        let shard = try #require(ShardID(Int.random(in: 0...1, using: &generator)))
        let milliseconds = Bool.random(using: &generator) ? 1_000_000 : -1_000
        let given = try await real.acquire(shard, holder: "test", timeToLive: .milliseconds(milliseconds))
        // An epoch is used up in either case.
        let found = model.acquire(shard, epoch: model.nextEpoch(), timeToLive: milliseconds, now: now)
        #expect((given == nil) == (found == nil))
        count(given == nil ? "busy" : "acquired")
        guard let given, let found else { return }
        #expect((leases.last?.epoch ?? 0) < given.epoch)
        leases.append(given)
        realEpochs[found.epoch] = given.epoch
        modelEpochs[given.epoch] = found.epoch
    }

    private var realEpochs: [Int: Int] = [:]
    private var modelEpochs: [Int: Int] = [:]

    private func inModel(_ lease: ShardLease) -> ShardLease {
        ShardLease(shard: lease.shard, epoch: modelEpochs[lease.epoch] ?? 0)
    }

    /// Mostly one that is held.
    private func someLease() -> ShardLease? {
        let held = leases.filter { model.leases[$0.shard]?.epoch == inModel($0).epoch }
        return (Int.random(in: 0...4, using: &generator) == 0 ? leases : held).randomElement(using: &generator)
    }

    /// Mostly one in this state.
    private func someContainer(
        _ state: ContainerState
    ) -> (order: SimulatedCatalog.Order, id: ContainerID, lease: ShardLease, rows: [ClaimedRow])? {
        let fitting = orders.filter { model.containers[$0.order.container]?.state == state }
        return (Int.random(in: 0...4, using: &generator) == 0 ? orders : fitting).randomElement(using: &generator)
    }

    private func renew() async throws {
        guard let lease = someLease() else { return }
        let milliseconds = Bool.random(using: &generator) ? 1_000_000 : -1_000
        let isHeld = try await real.renew(lease, timeToLive: .milliseconds(milliseconds))
        #expect(isHeld == model.renew(inModel(lease), timeToLive: milliseconds, now: now))
        count(isHeld ? "renewed" : "not renewed")
    }

    private func release() async throws {
        guard let lease = someLease() else { return }
        try await same("release") {
            try await real.release(lease)
        } model: {
            try $0.release(inModel(lease))
        }
    }

    private func claim() async throws {
        guard let lease = someLease() else { return }
        let id = ContainerID(milliseconds: 1, using: &generator)
        let isLarge = Int.random(in: 0...3, using: &generator) == 0
        let order = SimulatedCatalog.Order(
            container: orders.count, key: "\(id).des", day: day,
            countMax: isLarge ? 1 : Int.random(in: 1...5, using: &generator), byteCountMax: 100,
            byteCounts: isLarge ? 60..<Int.max : 0..<60)
        var rows: [ClaimedRow] = []
        var expected: [ClaimedRow] = []
        try await same("claim") {
            rows = try await real.claim(
                lease,
                ClaimOrder(
                    container: id, key: order.key, day: day, countMax: order.countMax, byteCountMax: 100,
                    byteCounts: order.byteCounts))
        } model: {
            expected = try $0.claim(inModel(lease), order, now: now)
        }
        #expect(rows.map(\.id) == expected.map(\.id))
        #expect(rows.map(\.size) == expected.map(\.size) && rows.map(\.attempts) == expected.map(\.attempts))
        #expect(rows.map(\.name) == expected.map(\.name))
        guard !rows.isEmpty else { return }
        orders.append((order, id, lease, rows))
    }

    private func upload() async throws {
        guard let (order, id, lease, _) = someContainer(.writing) else { return }
        try await same("upload") {
            try await real.uploaded(id, byteCount: 1, lease)
        } model: {
            try $0.uploaded(order.container, inModel(lease))
        }
    }

    private func someFates(_ rows: [ClaimedRow]) -> [UnpackedRow] {
        let fates: [UnpackedRow.Fate] = [
            .waits(size: 70), .waits(size: nil), .repeated(reason: "no", after: .zero),
            .repeated(reason: "no", after: .seconds(1_000_000)), .failed(reason: "no"),
        ]
        return rows.compactMap { row in
            Int.random(in: 0...3, using: &generator) > 0
                ? nil : UnpackedRow(rowID: row.id, fates.randomElement(using: &generator) ?? fates[0])
        }
    }

    private func commit() async throws {
        guard let (order, id, lease, rows) = someContainer(.uploaded) else { return }
        let others = someFates(rows)
        let isOther = Set(others.map(\.rowID))
        var entries = rows.filter { !isOther.contains($0.id) }.map {
            PackedEntry(rowID: $0.id, name: $0.name, offset: 0, byteCount: 1, flags: 0, crc: 1)
        }
        if Int.random(in: 0...5, using: &generator) == 0, !entries.isEmpty { entries.removeLast() }
        try await same("commit") {
            try await real.commit(id, entries, others: others, lease)
        } model: {
            try $0.commit(order.container, entries, others: others, inModel(lease), now: now)
        }
    }

    private func abandon() async throws {
        guard let (order, id, lease, rows) = someContainer(.uploaded) else { return }
        let others = someFates(rows)
        try await same("abandon") {
            try await real.abandon(id, others: others, lease)
        } model: {
            try $0.abandon(order.container, others: others, inModel(lease), now: now)
        }
    }

    private func survey() async throws {
        let order = SurveyOrder(
            countMax: Int.random(in: 1...9, using: &generator), largeByteCountMin: 60,
            placeCountMax: Int.random(in: 1...3, using: &generator),
            after: Bool.random(using: &generator) ? nil : PackPlace(shard: try #require(ShardID(0)), day: day))
        let (found, expected) = (try await real.survey(order), model.survey(order, now: now))
        func facts(_ survey: PackSurvey) -> [String] {
            survey.waiting.map {
                "\($0.place) \($0.count) \($0.byteCount) \($0.largeCount) \($0.oldestAge - $0.newestAge)"
            }
                + ["\(survey.abandonedShards) \(survey.nextExpiry == nil) \(String(describing: survey.last))"]
        }
        #expect(facts(found) == facts(expected))
        #expect(found.time > now && found.today >= day)
        count("survey")
    }

    /// Both do it, or both refuse it for the same reason.
    private func same(
        _ word: String, real: () async throws -> Void, model change: (inout SimulatedCatalog) throws -> Void
    ) async throws {
        var (found, expected): (CatalogError?, CatalogError?)
        do { try await real() } catch let error as CatalogError { found = error }
        do { try change(&model) } catch let error as CatalogError { expected = error }
        #expect(found == expected, "\(word), seed \(seed)")
        count(found == nil ? word : "refused")
    }

    private func compareStates() async throws {
        for (order, id, _, _) in orders.suffix(6) {
            let found = try await real.state(of: id)
            #expect(found == model.containers[order.container]?.state, "\(order.container)")
        }
    }
}
