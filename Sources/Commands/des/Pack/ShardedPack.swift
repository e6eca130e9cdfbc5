import DESConsole
import DESCore
import DESStore

/// Packs the files of a tree into the containers of a day, each file under a name of its own.
///
///     walk: path and size of each file ──► a name for each ──► by shard and key ──► container after container
///
/// Only paths, sizes and names are in memory. A few containers are written at a time: while the store takes one, the files of
/// the next are read.
struct ShardedPack: Sendable {
    /// What is in the store.
    struct Summary {
        var containerCount = 0
        var entryCount = 0
        var byteCount = 0
    }

    let daily: DailyStoreWriter
    let names: NameGenerator
    let reader: FileReader
    let faults: Faults
    let progress: Progress
    let console: Console

    /// Containers that are written at a time.
    private static let width = 4

    func pack(_ walk: TreeWalk) async throws -> Summary {
        try await progress.whileShown {
            let (items, byteCounts) = try await BlockingPool.shared.run { [faults] in ShardedPack.files(walk, faults) }
            progress.expect(files: items.count)
            let plan = try await plan(byteCounts)
            return try await write(plan.containers, items)
        }
    }

    /// All that the walk finds but empty directories: a directory has no name of its own.
    private static func files(_ walk: TreeWalk, _ faults: Faults) -> (items: [WalkItem], byteCounts: [Int]) {
        var items: [WalkItem] = []
        var byteCounts: [Int] = []
        walk.forEach(faults) { item, byteCount in
            guard item.kind != .emptyDirectory else { return }
            items.append(item)
            byteCounts.append(byteCount)
        }
        return (items, byteCounts)
    }

    /// Makes the names. Node ids are held no longer than for that.
    private func plan(_ byteCounts: [Int]) async throws -> DailyPlan {
        let plan: DailyPlan
        do {
            plan = try await daily.plan(byteCounts, names: names)
        } catch {
            try? await names.stop()  // the first error says more; an id that is not given back is free all the same
            throw error
        }
        try await names.stop()
        return plan
    }

    /// After an error no more containers are begun; those that are on their way are finished and reported.
    private func write(_ containers: [DailyPlan.Container], _ items: [WalkItem]) async throws -> Summary {
        var summary = Summary()
        var failure: (any Error)?
        var rest = containers[...]
        try await withThrowingTaskGroup(of: Result<DailyStoreWriter.Written?, any Error>.self) { group in
            func begin() {
                guard failure == nil, let container = rest.popFirst() else { return }
                group.addTask {
                    do { return .success(try await write(container, items)) } catch { return .failure(error) }
                }
            }
            for _ in 0..<ShardedPack.width { begin() }
            while let result = try await group.next() {
                switch result {
                case .success(let written?):
                    try report(written, items)
                    summary.containerCount += 1
                    summary.entryCount += written.summary.entryCount
                    summary.byteCount += written.summary.byteCount
                case .success(nil): break
                case .failure(let error): failure = failure ?? error
                }
                begin()
            }
        }
        if let failure { throw failure }
        return summary
    }

    private func write(
        _ container: DailyPlan.Container, _ items: [WalkItem]
    ) async throws -> DailyStoreWriter.Written? {
        try await daily.write(container) { writer in
            let packer = TreePacker(writer, reader, faults: faults, progress: progress)
            return try await packer.pack(container.filesInWritingOrder) { file in
                var item = items[file.number]
                item.name = file.name.entryName
                return item
            }
        }
    }

    /// Says where each file of a container is, now that it is there.
    private func report(_ written: DailyStoreWriter.Written, _ items: [WalkItem]) throws {
        let key = written.key.text
        for stored in written.files {
            try console.print(
                "entry",
                [
                    JSON.Member("source", .string(items[stored.file.number].fullPath)),
                    JSON.Member("name", .string(stored.file.name.description)), JSON.Member("key", .string(key)),
                    JSON.Member("offset", .integer(stored.body.lowerBound)),
                    JSON.Member("length", .integer(stored.body.count)),
                ])
        }
        try console.flush()
    }
}
