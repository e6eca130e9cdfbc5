import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// What follows from what is known, without a store or a database.
@Suite struct DecisionTests {
    private static let container = ContainerID(milliseconds: 1_000, using: &generator)
    nonisolated(unsafe) private static var generator = SeededGenerator(seed: 3)

    @Test("only rows that all wait lead to an adoption, and only entries that are all elsewhere to a deletion")
    func tally() throws {
        let name = try EntryName("a")
        let file = FileRecord(
            name: "a", container: DecisionTests.container, key: "k", state: .committed,
            place: BodyPlace(offset: 0, byteCount: 1, crc: 2))
        let fates: [(EntryFate, Int)] = [(.waiting(rowID: 1), 0), (.elsewhere(file), 1), (.open("?"), 2)]
        // Every set of up to three entries.
        for numbers in 0..<64 {
            var (tally, counts) = (EntryTally(), [0, 0, 0])
            for digit in [numbers % 4, numbers / 4 % 4, numbers / 16] where digit < 3 {
                tally.add(name, fates[digit].0)
                counts[digit] += 1
            }
            switch tally.decision {
            case .adopt: #expect(counts[0] > 0 && counts[1] == 0 && counts[2] == 0)
            case .delete: #expect(counts[0] == 0 && counts[1] > 0 && counts[2] == 0)
            case .keep: #expect(counts.count(where: { $0 > 0 }) != 1 || counts[2] > 0)
            case .unknown: Issue.record("nothing was asked that could fail")
            }
        }
    }

    @Test("bodies that cannot be read make an adoption or a deletion a thing that stays, or is not known")
    func confirmation() {
        for decision in [AdoptionDecision.adopt, .delete] {
            #expect(decision.confirmed(by: .sound(())) == decision)
            #expect(decision.confirmed(by: .unknown("x")) == .unknown("x"))
            for evidence in [Evidence<Void>.missing("x"), .damaged("x")] {
                guard case .keep = decision.confirmed(by: evidence) else { Issue.record("\(decision)"); continue }
            }
        }
        #expect(AdoptionDecision.keep("y").confirmed(by: .unknown("x")) == .keep("y"))
    }

    @Test("the fate of an entry follows from its row and its file")
    func fates() throws {
        let bits = try ShardBits(1)
        let day = try #require(CalendarDay("2026-01-31"))
        let text = "DES_20260131_(21BCAA000100_88)"
        let (name, shard) = (try EntryName(text), ShardID(of: text, bits: bits))
        let key = ContainerKey(keyPrefix: "", day: day, shard: shard, layout: .attempt(DecisionTests.container))
        let meta = try Metadata(Array(#"{"source":"s","source_id":"i"}"#.utf8).span.bytes)
        let source = try #require(EntrySource(meta))
        func row(
            _ name: String? = text, source: String = "s", id: String? = "i", status: QueueStatus = .marked,
            day: CalendarDay? = CalendarDay("2026-01-31"), shard: ShardID? = shard
        ) -> QueuedFile {
            QueuedFile(id: 5, name: name, source: source, sourceID: id, status: status, day: day, shard: shard)
        }
        func file(_ container: ContainerID, _ state: ContainerState?) -> FileRecord {
            FileRecord(
                name: text, container: container, key: state == nil ? nil : "k", state: state,
                place: BodyPlace(offset: 0, byteCount: 1, crc: 2))
        }
        func fate(_ row: QueuedFile?, _ file: FileRecord? = nil, _ source: EntrySource? = source) -> EntryFate {
            EntryFate(name, source, in: key, bits: bits, row: row, file: file)
        }
        #expect(fate(row()) == .waiting(rowID: 5))
        let other = ContainerID(milliseconds: 2_000, using: &DecisionTests.generator)
        #expect(fate(nil, file(other, .committed)) == .elsewhere(file(other, .committed)))
        let open: [EntryFate] = [
            fate(nil), fate(row(), nil, nil), fate(row(source: "t")), fate(row(id: nil)), fate(row("another")),
            fate(row(status: .claimed)), fate(row(status: .failed)), fate(row(status: .new)), fate(row(day: nil)),
            fate(row(shard: ShardID(1 - shard.number))), fate(row(), file(other, .committed)),
            fate(nil, file(other, .abandoned)), fate(nil, file(other, nil)),
            fate(nil, file(DecisionTests.container, .committed)),
        ]
        for (number, fate) in open.enumerated() {
            guard case .open = fate else { Issue.record("number \(number): \(fate)"); continue }
        }
        let elsewhere = ContainerKey(
            keyPrefix: "", day: CalendarDay("2026-02-01") ?? day, shard: shard,
            layout: .attempt(DecisionTests.container))
        guard case .open = EntryFate(name, source, in: elsewhere, bits: bits, row: row(), file: nil) else {
            Issue.record("a name of another day")
            return
        }
    }

    @Test("age is that of the identity and of the object, whichever is later; what tells no time stays")
    func age() throws {
        let id = ContainerID(milliseconds: 1_000_000, using: &DecisionTests.generator)
        func age(_ id: ContainerID, modified: Int?, now: Int) -> UncommittedAge {
            let info = ObjectInfo(
                key: "k", byteCount: 1, etag: ETag("e"), modified: modified.map { Timestamp(milliseconds: $0) })
            return UncommittedAge(of: id, info, grace: .seconds(10), now: now)
        }
        #expect(age(id, modified: nil, now: 1_009_999) == .young && age(id, modified: nil, now: 1_010_000) == .old)
        #expect(age(id, modified: 1_005_000, now: 1_014_999) == .young)
        #expect(age(id, modified: 1_005_000, now: 1_015_000) == .old)
        #expect(age(id, modified: 0, now: 900_000) == .young, "of the future")
        #expect(age(.none, modified: 0, now: 9_000_000) == .timeless)
    }
}
