import ArgumentParser
import DESConsole
import DESCore
import DESStore

/// `des pack --sharded`: not one container, but those of a day and its shards.
extension PackCommand {
    func validateSharded() throws {
        if target == "-" {
            throw ValidationError(
                "--sharded makes many containers, -o - is one: give a directory or s3://bucket/prefix")
        }
        if order == .input { throw ValidationError("--sharded orders by key, which --order input forbids") }
        if force { throw ValidationError("--force replaces a container, --sharded only makes new ones") }
        _ = try DailyPlace(target)
    }

    func packSharded(_ console: Console) async throws -> ExitStatus {
        let start = ContinuousClock.now
        let faults = Faults(console)
        let metaFile = try metaFile()
        let starts = try starts(faults)
        let store = try await DailyPlace(target).open(trustingOthers: withoutCreateOnly)
        var options = try sharding.writerOptions()
        options.spillDirectory = store.spillDirectory ?? options.spillDirectory
        let day = try sharding.nameDay()
        let pack = ShardedPack(
            daily: DailyStoreWriter(store.objects, keyPrefix: store.keyPrefix, day: day, options: options),
            names: try sharding.generator(),
            reader: FileReader(meta: metaFile, own: OwnOutput(), keepsSources: true),
            faults: faults, progress: Progress("packed", console), console: console)
        let walk = TreeWalk(
            starts, excludes: exclude.map(NamePattern.init),
            store: store.directory.map { OwnStore(directory: $0, faults: faults) }
        ) { faults.report($0) }
        let summary = try await pack.pack(walk)
        reportUnused(metaFile, faults)
        try report(summary, of: day, leftOut: faults.count, ContinuousClock.now - start, console)
        return faults.count == 0 ? .done : .partial
    }

    private func report(
        _ summary: ShardedPack.Summary, of day: CalendarDay, leftOut: Int, _ elapsed: Duration, _ console: Console
    ) throws {
        if console.isJSON {
            try console.print(
                "summary",
                [
                    JSON.Member("store", .string(target)), JSON.Member("day", .string(day.description)),
                    JSON.Member("containers", .integer(summary.containerCount)),
                    JSON.Member("packed", .integer(summary.entryCount)),
                    JSON.Member("bytes", .integer(summary.byteCount)), JSON.Member("left_out", .integer(leftOut)),
                ])
        } else {
            let omitted = leftOut > 0 ? ", \(Amounts.count(leftOut)) left out" : ""
            console.note(
                "packed \(Amounts.count(summary.entryCount)) entries of \(day)\(omitted) into "
                    + "\(Amounts.count(summary.containerCount)) containers, \(Amounts.bytes(summary.byteCount)), in "
                    + Amounts.duration(elapsed))
        }
    }
}
