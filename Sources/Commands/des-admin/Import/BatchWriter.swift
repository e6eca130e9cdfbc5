import DESCatalog
import DESCore

/// What came of a batch.
struct ImportedBatch: Sendable {
    var newCount = 0
    /// Rows that the database refused.
    var problems: [ImportBatch.Problem] = []
}

/// Queues the rows of a batch.
struct BatchWriter: Sendable {
    let catalog: any Catalog
    let input: String
    /// Of lines, in messages.
    let place: String

    /// Deadlocks with other imports are over when one of them has given way.
    private static let attemptCountMax = 3

    /// - Parameters:
    ///   - before: how far the import had come.
    ///   - end: how far it has come with this batch.
    func write(_ batch: ImportBatch, _ before: ImportProgress, _ end: ImportProgress) async throws -> ImportedBatch {
        var result = ImportedBatch()
        try await write(batch.files.indices, of: batch, before, end, &result)
        return result
    }

    private func write(
        _ range: Range<Int>, of batch: ImportBatch, _ before: ImportProgress, _ end: ImportProgress,
        _ result: inout ImportedBatch
    ) async throws {
        do {
            result.newCount += try await enqueue(Array(batch.files[range]), end)
        } catch let error as DatabaseError where error.kind == .row {
            guard range.count > 1 else {
                let line = range.first.map { batch.lines[$0] } ?? 0
                result.problems.append(
                    ImportBatch.Problem(
                        place: line == 0 ? batch.files[range].first?.source ?? place : "\(place):\(line)",
                        message: "the database refuses it: \(error)"))
                // The import has come so far without it.
                _ = try await enqueue([], end)
                return
            }
            // One row is to blame: halves find it. The first half does not end the batch.
            let middle = range.lowerBound + range.count / 2
            try await write(range.lowerBound..<middle, of: batch, before, before, &result)
            try await write(middle..<range.upperBound, of: batch, before, end, &result)
        }
    }

    private func enqueue(_ files: [NewFile], _ progress: ImportProgress) async throws -> Int {
        var attempt = 1
        while true {
            do { return try await catalog.enqueue(files, from: input, progress) } catch let error as DatabaseError
                where error.kind == .transient && attempt < BatchWriter.attemptCountMax
            {
                attempt += 1
            }
        }
    }
}
