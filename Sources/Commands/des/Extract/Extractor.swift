import DESConsole
import DESCore
import Glibc
import Synchronization

/// Writes entries of a container to a directory: reads in the order of DATA, several chunks at work at a time.
///
/// A failed entry is reported and the rest goes on. Links come last, so that no file could be written through one.
struct Extractor: Sendable {
    let reader: ContainerReader
    let directory: String
    let replacing: Bool
    let umask: mode_t
    let report: @Sendable (DESError) -> Void
    let progress: Progress

    /// What was done.
    struct Summary: Sendable {
        var fileCount = 0
        var byteCount = 0
        /// The worst of what was reported.
        var status = ExitStatus.done
    }

    /// Reads at work at one time; each has at most 8 MiB, bodies over 8 MiB are streamed alone.
    private static let width = 4
    /// Entries whose META is fetched and files are written in one job.
    private static let entriesPerChunk = 1_024
    /// Bytes of META at one time, about: an object may have 10 MiB.
    private static let chunkMetaByteCount = 4 << 20

    func extract(_ entries: [Entry]) async throws -> Summary {
        var summary = Summary()
        let (readable, faults) = sorted(entries)
        for fault in faults { summary.fail(fault, report) }
        var last: [(Entry, [UInt8], Metadata)] = []
        var reads = try plan(readable).makeIterator()
        try await inOrder(
            width: Extractor.width, next: { reads.next() },
            produce: { read in try await self.extract(read) },
            consume: { outcome in
                last += outcome.last
                summary.add(outcome, report)
                progress.add(files: outcome.fileCount, bytes: outcome.byteCount)
            })
        let outcome = try await BlockingPool.shared.run { [last] in try self.makeLast(last) }
        summary.add(outcome, report)
        return summary
    }

    /// Entries with content that can be read, and what to say of the others.
    private func sorted(_ entries: [Entry]) -> (readable: [Entry], faults: [DESError]) {
        var readable: [Entry] = []
        var faults: [DESError] = []
        for entry in entries {
            do throws(DESError) {
                try entry.checkReadable()
                readable.append(entry)
            } catch {
                faults.append(error.at(reader.name))
            }
        }
        return (readable, faults)
    }

    /// Planned reads, cut so that several workers have something to do.
    private func plan(_ entries: [Entry]) throws -> [BodyRead] {
        var limits = RangePlan.Limits()
        limits.readByteCountMax = BodyPieces.pieceByteCount
        var reads: [BodyRead] = []
        var start = 0
        while start < entries.count {
            var end = start
            var metaByteCount = 0
            while end < entries.count, end - start < Extractor.entriesPerChunk,
                metaByteCount < Extractor.chunkMetaByteCount
            {
                metaByteCount += entries[end].location.meta.count
                end += 1
            }
            reads += try reader.plan(Array(entries[start..<end]), limits: limits)
            start = end
        }
        return reads
    }

    /// What became of one read.
    struct Outcome: Sendable {
        var fileCount = 0
        var byteCount = 0
        var failures: [DESError] = []
        /// Directories and links, which are made after all files.
        var last: [(Entry, [UInt8], Metadata)] = []
    }

    /// Each job has its own: it is not shared by threads.
    private func root() throws(DESError) -> ExtractionRoot {
        try ExtractionRoot(path: directory, replacing: replacing, umask: umask)
    }

    private func extract(_ read: BodyRead) async throws -> Outcome {
        do {
            let metas = try await metadata(of: read.entries)
            if read.range.count > BodyPieces.pieceByteCount {
                // More than one if they share their bytes.
                var outcome = Outcome()
                for (entry, meta) in zip(read.entries, metas) { try await extractLarge(entry, meta, &outcome) }
                return outcome
            }
            let fetched = try await reader.fetch(read)
            return try await BlockingPool.shared.run { try self.write(fetched, metas) }
        } catch let error as DESError {
            // What cannot be read is lost to these entries, not to the others.
            return Outcome(
                failures: read.entries.map { entry in
                    DESError(
                        error.code, "\(entry.name.quoted): \(error.message)", offset: error.offset, place: error.place)
                })
        }
    }

    /// META of each entry, or why it cannot be had; one bad object does not spoil its neighbours.
    private func metadata(of entries: [Entry]) async throws -> [Result<Metadata, DESError>] {
        do {
            return try await reader.metadata(of: entries).map { .success($0) }
        } catch let error as DESError where error.code == .corrupt {
            var results: [Result<Metadata, DESError>] = []
            for entry in entries {
                do {
                    results.append(.success(try await reader.metadata(of: entry)))
                } catch let error as DESError where error.code == .corrupt {
                    results.append(.failure(error))
                }
            }
            return results
        }
    }

    private func write(_ fetched: FetchedBodies, _ metas: [Result<Metadata, DESError>]) throws -> Outcome {
        let root = try root()
        var outcome = Outcome()
        for (position, entry) in fetched.read.entries.enumerated() {
            do {
                let meta = try metas[position].get()
                try fetched.withBody(at: position) { content in
                    switch meta.kind {
                    case .file: try root.writeFile(entry.name, content, meta)
                    case .directory:
                        outcome.last.append((entry, [], meta))
                        return
                    case .symlink where content.byteCount >= Int(PATH_MAX):
                        throw DESError(.corrupt, "the target of the link \(entry.name.quoted) is too long for a path")
                    case .symlink:
                        outcome.last.append((entry, content.array(), meta))
                        return
                    case nil:
                        throw DESError(
                            .unsupported, "entry \(entry.name.quoted) is of a type this version does not know")
                    }
                    outcome.fileCount += 1
                    outcome.byteCount += content.byteCount
                }
            } catch let error as DESError {
                outcome.failures.append(error)
            }
        }
        return outcome
    }

    private func extractLarge(
        _ entry: Entry, _ meta: Result<Metadata, DESError>, _ outcome: inout Outcome
    ) async throws {
        do {
            let meta = try meta.get()
            guard meta.kind == .file else {
                throw DESError(.unsupported, "entry \(entry.name.quoted) is of a type that has no body of this size")
            }
            let pool = BlockingPool.shared
            let file = try await pool.run { try self.root().beginFile(entry.name) }
            for try await piece in reader.pieces(of: entry) {
                try await pool.run { try file.write(piece.span.bytes) }
            }
            try await pool.run { try file.publish(meta, in: self.root()) }
            outcome.fileCount += 1
            outcome.byteCount += entry.byteCount
        } catch let error as DESError {
            outcome.failures.append(error)
        }
    }

    /// Empty directories first, whose modes can no longer be in the way of a file; then links.
    private func makeLast(_ last: [(entry: Entry, target: [UInt8], meta: Metadata)]) throws -> Outcome {
        let root = try root()
        var outcome = Outcome()
        for (entry, target, meta) in last.filter({ $0.meta.kind == .directory })
            + last.filter({ $0.meta.kind != .directory })
        {
            do {
                if meta.kind == .directory {
                    try root.makeDirectory(entry.name, meta)
                } else {
                    try root.makeLink(entry.name, target: target.span.bytes, meta)
                }
                outcome.fileCount += 1
                outcome.byteCount += target.count
            } catch let error as DESError {
                outcome.failures.append(error)
            }
        }
        return outcome
    }
}

extension Extractor.Summary {
    mutating func add(_ outcome: Extractor.Outcome, _ report: (DESError) -> Void) {
        fileCount += outcome.fileCount
        byteCount += outcome.byteCount
        for failure in outcome.failures { fail(failure, report) }
    }

    /// Corruption is worse than a name that is taken, and that worse than anything else that was left out.
    mutating func fail(_ error: DESError, _ report: (DESError) -> Void) {
        report(error)
        switch (error.code, status) {
        case (.corrupt, _): status = .corrupt
        case (_, .corrupt): break
        case (.conflict, _): status = .conflict
        case (_, .conflict): break
        default: status = .partial
        }
    }
}
