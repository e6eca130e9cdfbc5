import DESCatalog
import DESConsole
import DESCore
import DESDoctor
import Synchronization

/// The log of a purge: a line for each deletion, written before it is done.
final class PurgeLog: SourcePurge.Log {
    private struct Counts {
        var deleted = 0
        var byteCount = 0
        var gone = 0
        var skipped = 0
        var kept = 0
        var failed = 0
        var status = ExitStatus.done
    }

    private let console: Console
    private let word: String
    private let counts = Mutex(Counts())

    init(_ console: Console, deletes: Bool) { (self.console, word) = (console, deletes ? "delete" : "would-delete") }

    func delete(_ file: PackedFile) throws {
        try console.print(
            word,
            [
                JSON.Member("at", .string(Timestamp.now.text ?? "")), JSON.Member("source", .string(file.source)),
                JSON.Member("name", .string(file.name)), JSON.Member("key", .string(file.key)),
                JSON.Member("bytes", .integer(file.place.byteCount)),
                JSON.Member("crc32c", .integer(Int(file.place.crc))),
            ])
        try console.flush()
    }

    func add(_ file: PackedFile, _ outcome: SourcePurge.Outcome) {
        counts.withLock { counts in
            counts.status = counts.status.worse(outcome.status)
            switch outcome {
            case .deleted:
                counts.deleted += 1
                counts.byteCount += file.place.byteCount
            case .gone: counts.gone += 1
            case .skipped: counts.skipped += 1
            case .kept: counts.kept += 1
            case .damaged, .unknown: counts.failed += 1
            }
        }
        switch outcome {
        case .deleted, .gone, .skipped: break
        case .kept(let reason): console.report(DESError(.changed, reason, place: file.source), status: .partial)
        case .damaged(let reason): console.report(DESError(.corrupt, reason, place: file.source))
        case .unknown(let reason): console.report(DESError(.unavailable, reason, place: file.source))
        }
    }

    func finish() -> ExitStatus {
        let counts = counts.withLock { $0 }
        console.note(
            "\(word == "delete" ? "deleted" : "would delete") \(Amounts.count(counts.deleted)), \(Amounts.bytes(counts.byteCount)); kept \(Amounts.count(counts.kept)), "
                + "\(Amounts.count(counts.failed)) could not be compared; \(Amounts.count(counts.gone)) were gone, "
                + "\(Amounts.count(counts.skipped)) are where nothing is deleted")
        return counts.status
    }
}
