import DESCatalog
import DESConsole
import DESCore

/// Reads a source and queues its rows. One batch is read while the one before is written; there are never more than two.
struct ImportRun {
    let input: String
    let catalog: any Catalog
    let console: Console
    let batchCountMax: Int
    /// How far an earlier run came, where this one goes on.
    let earlier: ImportProgress?
    /// The first line that is no row ends it.
    let isStrict: Bool
    let interruption: Interruption

    /// What came of it.
    struct Summary {
        var readCount = 0
        var newCount = 0
        var badCount = 0
        /// All of the source was read.
        var isWhole = false
    }

    func run(_ source: any ImportSource, _ place: String) async throws -> Summary {
        let progress = Progress("read", unit: "rows", console)
        return try await progress.whileShown { try await run(source, place, progress) }
    }

    private func run(_ first: any ImportSource, _ place: String, _ progress: Progress) async throws -> Summary {
        var source = first
        var (summary, problems) = (Summary(), BadLines(console))
        var writing: Task<ImportedBatch, any Error>?
        // A batch that is written in halves notes where it began until all of it is there.
        var end = earlier ?? ImportProgress(position: "", rowCount: 0)
        /// Waits for the batch under way and counts it.
        func finish() async throws {
            guard let written = try await writing.take()?.value else { return }
            summary.newCount += written.newCount
            for problem in written.problems { problems.report(problem) }
        }
        do {
            while interruption.status == nil {
                guard let batch = try await source.next(batchCountMax) else {
                    summary.isWhole = interruption.status == nil
                    break
                }
                try await finish()
                for problem in batch.problems { problems.report(problem) }
                let before = end
                end = ImportProgress(position: batch.position, rowCount: end.rowCount + batch.readCount)
                summary.readCount += batch.readCount
                let writer = BatchWriter(catalog: catalog, input: input, place: place)
                writing = Task { [end] in try await writer.write(batch, before, end) }
                progress.add(files: batch.readCount, bytes: batch.byteCount)
                if isStrict, problems.count > 0 { break }
            }
            try await finish()
        } catch {
            // What is under way is written nevertheless, or fails for the same reason.
            try? await finish()
            problems.finish()
            throw error
        }
        problems.finish()
        summary.badCount = problems.count
        if isStrict, problems.count > 0 { summary.isWhole = false }
        return summary
    }
}
