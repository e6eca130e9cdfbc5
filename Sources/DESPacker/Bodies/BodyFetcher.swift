internal import DESCatalog
internal import DESCore
internal import DESStore
internal import Glibc

/// Fetches bodies, compares them with what their rows say, and makes entries of them.
struct BodyFetcher: Sendable {
    let sources: BodySources
    let largeByteCountMin: Int
    let metrics: PackerMetrics

    /// What became of rows.
    struct Fetched: Sendable {
        var entries = EntryBatch()
        /// Of each entry, in their order.
        var rows: [PlannedRow] = []
        /// Those that are larger than was known: they come after the small ones.
        var deferred: [PlannedRow] = []
        /// Those that turned out to need a container of their own, with their sizes.
        var large: [(row: ClaimedRow, byteCount: Int)] = []
        /// Those that could not be fetched, through their own fault or that of their source.
        var faults: [(row: PlannedRow, error: DESError)] = []
    }

    /// A body of an unknown size is asked for so many bytes at first.
    static let firstByteCount = Limits.smallBodyByteCountMax

    // MARK: Small bodies

    /// Fetches small bodies, all at once, and makes a batch of them in their order.
    /// - Throws: `CancellationError`.
    func small(_ rows: ArraySlice<PlannedRow>) async throws -> Fetched {
        if rows.allSatisfy({ if case .file = $0.address { true } else { false } }) {
            return try await BlockingPool.shared.run { files(rows) }
        }
        var answers: [Result<Answer, DESError>?] = Array(repeating: nil, count: rows.count)
        try await withThrowingTaskGroup(of: (Int, Result<Answer, DESError>).self) { group in
            for (place, row) in rows.enumerated() {
                group.addTask {
                    (place, try await answer(row, byteCountMax: row.byteCount ?? BodyFetcher.firstByteCount))
                }
            }
            for try await (place, answer) in group { answers[place] = answer }
        }
        var fetched = Fetched()
        for (row, answer) in zip(rows, answers) {
            switch answer {
            case .success(.body(let bytes)): add(row, bytes, to: &fetched)
            case .success(.longer(let byteCount)): putOff(row, byteCount, &fetched)
            case .failure(let error): fault(row, error, &fetched)
            case nil: break
            }
        }
        return fetched
    }

    /// Fetches a body that is held in memory as a whole.
    func whole(_ row: PlannedRow, _ byteCount: Int) async throws -> Fetched {
        var fetched = Fetched()
        switch try await answer(row, byteCountMax: byteCount) {
        case .success(.body(let bytes)): add(row, bytes, to: &fetched)
        case .success(.longer): fault(row, DESError(.changed, "became longer", place: row.row.source), &fetched)
        case .failure(let error): fault(row, error, &fetched)
        }
        return fetched
    }

    private enum Answer: Sendable {
        case body([UInt8])
        /// There are more bytes than were asked for: so many in all.
        case longer(Int)
    }

    private func answer(_ row: PlannedRow, byteCountMax: Int) async throws -> Result<Answer, DESError> {
        let start = ContinuousClock.now
        do {
            let source = try await sources.source(row.address)
            let expectation = try RowMeta(row.row).expectation
            // A byte at least: the request also asks whether it is there.
            let got = try await source.get(.bytes(0..<max(1, byteCountMax)), ifMatch: row.version(expectation))
            metrics.fetched(in: ContinuousClock.now - start)
            try BodyFetcher.check(got.byteCount, row.row)
            return .success(got.byteCount == got.bytes.count ? .body(got.bytes) : .longer(got.byteCount))
        } catch let error as DESError {
            return .failure(error)
        }
    }

    /// The row knows how long its body is, and so it must be.
    static func check(_ byteCount: Int, _ row: ClaimedRow) throws(DESError) {
        guard let size = row.size, size != byteCount else { return }
        throw DESError(.changed, "has \(byteCount) bytes, the row says \(size)", place: row.source)
    }

    private func add(_ row: PlannedRow, _ bytes: [UInt8], to fetched: inout Fetched) {
        do throws(DESError) {
            let meta = try RowMeta(row.row)
            if meta.expectation.sha256 != nil { try meta.expectation.check(SHA256.of(bytes), row.row) }
            try fetched.entries.append(row.name, meta: meta.encode, body: bytes.span.bytes)
            fetched.rows.append(row)
        } catch {
            fault(row, error, &fetched)
        }
    }

    private func putOff(_ row: PlannedRow, _ byteCount: Int, _ fetched: inout Fetched) {
        if byteCount >= largeByteCountMin {
            fetched.large.append((row.row, byteCount))
        } else {
            var known = row
            known.byteCount = byteCount
            fetched.deferred.append(known)
        }
    }

    private func fault(_ row: PlannedRow, _ error: DESError, _ fetched: inout Fetched) {
        metrics.fetchFailed(error)
        fetched.faults.append((row, error.at(row.row.source)))
    }

    // MARK: Local files, which one thread reads one after the other

    private func files(_ rows: ArraySlice<PlannedRow>) -> Fetched {
        var fetched = Fetched()
        fetched.entries = EntryBatch(
            entryCapacity: rows.count, bodyCapacity: rows.reduce(0) { $0 + ($1.byteCount ?? 0) + 1 })
        fetched.rows.reserveCapacity(rows.count)
        for row in rows {
            guard case .file(let path) = row.address else { continue }
            let start = ContinuousClock.now
            do throws(DESError) {
                if let byteCount = try file(path, row, &fetched.entries) {
                    putOff(row, byteCount, &fetched)
                } else {
                    fetched.rows.append(row)
                    metrics.fetched(in: ContinuousClock.now - start)
                }
            } catch {
                fault(row, error, &fetched)
            }
        }
        return fetched
    }

    /// Adds a file to the batch.
    /// - Returns: its size, if it is too large for that.
    private func file(_ path: String, _ row: PlannedRow, _ batch: inout EntryBatch) throws(DESError) -> Int? {
        let file = try FileBody.open(path)
        let byteCount = Int(try FileBody.status(file).st_size)
        try BodyFetcher.check(byteCount, row.row)
        if byteCount >= Limits.smallBodyByteCountMax { return byteCount }
        let meta = try RowMeta(row.row)
        if meta.expectation.sha256 != nil {
            let bytes = try file.read(0..<byteCount)
            try meta.expectation.check(SHA256.of(bytes), row.row)
            try batch.append(row.name, meta: meta.encode, body: bytes.span.bytes)
            return nil
        }
        // One byte more than the size, so that the read that fills it also shows whether the file has grown.
        _ = try batch.append(row.name, meta: meta.encode, bodyByteCountMax: byteCount + 1) { buffer throws(DESError) in
            let count = try file.readOnce(into: buffer)
            guard count == byteCount else { throw FileBody.changed(path) }
            return count
        }
        return nil
    }
}
