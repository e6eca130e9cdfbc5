import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// Whatever is done in whatever order, and with leases that are lost long ago: the queue is what the model says.
@Suite struct QueueModelTests {
    /// Would fail if a commit did not look at the epoch, a takeover left rows claimed, an import queued what is packed, a
    /// commit took fewer rows than it claimed, or any step were taken that ``QueueStep`` does not have.
    @Test(arguments: Database.allCases)
    func everyHistoryIsThatOfTheModel(database: Database) async throws {
        var counts: [String: Int] = [:]
        for seed in 1...4 as ClosedRange<UInt64> {
            counts.merge(try await history(seed, in: database), uniquingKeysWith: +)
        }
        #expect(counts.allSatisfy { $0.value > 0 }, "\(counts): each kind of step has to have happened")
    }

    private func history(_ seed: UInt64, in database: Database) async throws -> [String: Int] {
        let history = History(try await database.catalog(), seed: seed)
        for number in 0..<400 {
            let before = history.model.rows
            try await history.step()
            let found = try await history.test.model()
            #expect(found.rows == history.model.rows, "rows, step \(number) of seed \(seed)")
            #expect(found.files == history.model.files, "files, step \(number) of seed \(seed)")
            #expect(found.containers == history.model.containers, "containers, step \(number) of seed \(seed)")
            let steps = Set(before.keys).union(found.rows.keys).map { source in
                QueueStep(from: before[source]?.status, to: found.rows[source]?.status)
            }
            let legal = Set(QueueStep.all)
            #expect(steps.allSatisfy { $0.from == $0.to || legal.contains($0) }, "step \(number) of seed \(seed)")
        }
        return history.counts
    }

    /// A history in the making.
    final class History {
        let test: TestCatalog
        var model = QueueModel()
        var counts: [String: Int] = ["commit": 0, "stale": 0, "differing": 0, "takeover": 0, "abandon": 0, "aside": 0]
        private var generator: SeededGenerator
        private var names = TestNames()
        private var sourceCount = 0
        /// All that were ever given, lost ones too.
        private var leases: [ShardLease] = []
        private let day: CalendarDay

        init(_ test: TestCatalog, seed: UInt64) {
            self.test = test
            generator = SeededGenerator(seed: seed)
            day = TestNames.day
        }

        func step() async throws {
            switch Int.random(in: 0..<26, using: &generator) {
            case 0...3: try await enqueue()
            case 4...8: try await mark()
            case 9, 24, 25: try await acquire()
            case 10...14: try await claim()
            case 15...18: try await upload()
            case 19...22: try await commit()
            default: try await giveUp()
            }
        }

        private func enqueue() async throws {
            let sources = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                "s3://bucket/\(Int.random(in: 0...(sourceCount + 6), using: &generator))"
            }
            sourceCount += sources.count / 2
            let new = try await test.catalog.enqueue(
                sources.map { NewFile(source: $0, size: 10) }, from: "test", ImportProgress(position: "", rowCount: 0))
            #expect(new == model.enqueue(sources))
        }

        private func mark() async throws {
            names.shard = Int.random(in: 0...1, using: &generator)
            let count = Int.random(in: 1...6, using: &generator)
            let waiting = try await test.run(
                "SELECT source FROM des_queue WHERE status = 'new' ORDER BY created_at, id")
            let batch = names.next(count)
            let done = try await test.catalog.mark(batch, after: nil, .atOnce)
            #expect(done.markedCount == min(count, waiting.count) && done.takenCount == done.markedCount)
            for (place, row) in waiting.prefix(count).enumerated() {
                model.rows[row[0] ?? ""] = QueueModel.Row(
                    status: .marked, name: batch.names[place], shard: batch.shards[place])
            }
        }

        private func acquire() async throws {
            let shard = try #require(ShardID(Int.random(in: 0...1, using: &generator)))
            // A lease without time may be taken by the next who asks.
            let isHeld = Int.random(in: 0...2, using: &generator) == 0
            let lease = try await test.catalog.acquire(
                shard, holder: "test", timeToLive: isHeld ? .seconds(1_000) : .milliseconds(-1))
            let before = model.leases[shard.number]
            #expect((lease == nil) == (before?.isHeld == true))
            guard let lease else { return }
            #expect(lease.epoch > before?.epoch ?? 0)
            if model.rows.values.contains(where: { $0.status == .claimed && $0.shard == shard.number }) {
                counts["takeover", default: 0] += 1
            }
            model.leases[shard.number] = QueueModel.Lease(epoch: lease.epoch, isHeld: isHeld)
            model.giveBack(shard: shard.number, before: lease.epoch)
            leases.append(lease)
        }

        private func claim() async throws {
            guard let lease = someLease() else { return }
            let id = ContainerID(milliseconds: 1, using: &generator)
            let count = Int.random(in: 1...4, using: &generator)
            let waiting = try await test.run(
                "SELECT source FROM des_queue WHERE status = 'marked' AND shard = \(lease.shard.number) ORDER BY id")
            // Each row says 10 bytes: two fit, and one does even if it does not.
            let order = ClaimOrder(container: id, key: "\(id).des", day: day, countMax: count, byteCountMax: 25)
            try await expecting(lease) {
                let rows = try await test.catalog.claim(lease, order)
                #expect(rows.map(\.source) == waiting.prefix(min(count, 2)).map { $0[0] })
                guard !rows.isEmpty else { return }
                model.containers[id.description] = QueueModel.Container(
                    state: .writing, epoch: lease.epoch, shard: lease.shard.number)
                for row in rows {
                    model.rows[row.source]?.status = .claimed
                    model.rows[row.source]?.container = id.description
                }
            }
        }

        private func upload() async throws {
            let open = model.containers.filter { $0.value.state == .writing }
            let candidates = Int.random(in: 0...3, using: &generator) == 0 ? model.containers : open
            guard let (id, container) = candidates.sorted(by: { $0.key < $1.key }).randomElement(using: &generator),
                let lease = leases.last(where: { $0.epoch == container.epoch })
            else { return }
            try await expecting(lease, or: container.state != .writing) {
                try await test.catalog.uploaded(try #require(ContainerID(id)), byteCount: 1, lease)
                model.containers[id]?.state = .uploaded
            }
        }

        private func commit() async throws {
            // Mostly one that can be committed.
            let open = model.containers.filter { $0.value.state == .uploaded }
            let candidates = (Int.random(in: 0...3, using: &generator) == 0 || open.isEmpty ? model.containers : open)
                .sorted { $0.key < $1.key }
            guard let (id, container) = candidates.randomElement(using: &generator),
                // Now and then with a lease of another epoch.
                let lease = Int.random(in: 0...4, using: &generator) == 0
                    ? leases.randomElement(using: &generator) : leases.last(where: { $0.epoch == container.epoch })
            else { return }
            var entries = try await test.run(
                "SELECT id, name FROM des_queue WHERE container_id = $1 ORDER BY id", [.text(id)]
            ).map {
                PackedEntry(
                    rowID: Int($0[0] ?? "") ?? 0, name: $0[1] ?? "", offset: 64, byteCount: 10, flags: 1,
                    crc: 0xFFFF_FFFF)
            }
            let isShort =
                container.state == .uploaded && entries.count > 1 && Int.random(in: 0...3, using: &generator) == 0
            if isShort { entries.removeLast() }
            let fates: [UnpackedRow.Fate] = [
                .waits(size: 10), .repeated(reason: "it's gone", after: .zero), .failed(reason: "\"no\""),
            ]
            let fate = fates[Int.random(in: 0...2, using: &generator)]
            let asideCount = isShort ? 0 : Int.random(in: 0...1, using: &generator)
            let aside = Array(entries.suffix(asideCount))
            entries.removeLast(aside.count)
            let others = aside.map { UnpackedRow(rowID: $0.rowID, fate) }
            let isWrong = container.state != .uploaded || container.epoch != lease.epoch
            do {
                try await expecting(lease, or: isWrong) {
                    try await test.catalog.commit(try #require(ContainerID(id)), entries, others: others, lease)
                    #expect(!isShort)
                    if !others.isEmpty { counts["aside", default: 0] += 1 }
                    model.setAside(aside.map(\.name), failed: fate == fates[2])
                    model.commit(id)
                    counts["commit", default: 0] += 1
                }
            } catch CatalogError.rowsDiffer(let claimed, let count) {
                #expect(isShort && claimed == count + 1 && count == entries.count)
                counts["differing", default: 0] += 1
            }
        }

        private func giveUp() async throws {
            if Int.random(in: 0...3, using: &generator) == 0, let lease = leases.randomElement(using: &generator) {
                try await expecting(lease) {
                    try await test.catalog.release(lease)
                    model.giveBack(shard: lease.shard.number, before: lease.epoch + 1)
                    // Nobody has it: it is worth nothing any more.
                    model.leases[lease.shard.number] = QueueModel.Lease(epoch: -1, isHeld: false)
                }
                return
            }
            guard
                let (id, container) = model.containers.sorted(by: { $0.key < $1.key }).randomElement(using: &generator),
                let lease = leases.last(where: { $0.epoch == container.epoch })
            else { return }
            try await expecting(lease, or: container.state == .committed) {
                try await test.catalog.abandon(try #require(ContainerID(id)), others: [], lease)
                if container.state != .abandoned { model.giveUp(id) }
                counts["abandon", default: 0] += 1
            }
        }

        /// Mostly one of the last that were given.
        private func someLease() -> ShardLease? {
            leases.suffix(Int.random(in: 0...4, using: &generator) == 0 ? leases.count : 2)
                .randomElement(using: &generator)
        }

        /// The lease is lost if the model says so, or if `isWrong`; then nothing has changed.
        private func expecting(
            _ lease: ShardLease, or isWrong: Bool = false, _ body: () async throws -> Void
        ) async throws {
            let isLost = !model.isCurrent(lease)
            do {
                try await body()
                #expect(!isLost && !isWrong)
            } catch CatalogError.leaseLost {
                #expect(isLost || isWrong)
                if isLost { counts["stale", default: 0] += 1 }
            }
        }
    }
}
