internal import DESCatalog
internal import DESCore
internal import DESStore

/// Fetches the bodies of claimed rows, in the order in which they lie in the container, and writes it into a spool.
///
/// Memory: ``ByteBudget``, which all builders of a process share, and about 100 bytes and the name of each entry.
struct ContainerBuilder: Sendable {
    let fetcher: BodyFetcher
    let budget: ByteBudget
    let policy: RowPolicy
    /// Bodies outside of the container are objects beside it.
    let spool: SpoolMaker
    /// Where META is spilled.
    let spoolDirectory: String
    /// Where paths that do not begin with a slash begin.
    let sourceDirectory: String?
    /// The process ends: what there is so far is sealed.
    let isStopping: @Sendable () -> Bool

    /// Rows of one batch: those of a store are fetched at the same time, those of a file system one after the other.
    private static let batchRowCount = 32
    private static let batchByteCountMax = 1 << 20
    /// Batches on their way.
    private static let batchCountMax = 3
    /// Calls of a writer block: the disk may be slow, and an upload waits for its store.
    static let threads = BlockingPool(threadCount: 8)

    /// Builds the container of an order.
    /// - Throws: ``DESError``: then nothing of it counts, and no row is to blame; `CancellationError`.
    func build(_ order: BuildOrder) async throws -> BuiltContainer {
        var result = BuildResult(policy: policy)
        var rows: [PlannedRow] = []
        for row in order.rows {
            do throws(DESError) {
                rows.append(try PlannedRow(row, sourceDirectory: sourceDirectory))
            } catch {
                result.fault(row, error)
            }
        }
        let isSmall = { (row: PlannedRow) in (row.byteCount ?? 0) < Limits.smallBodyByteCountMax }
        let writer = try await writer(order)
        do {
            try await addSmall(PlannedRow.inOrder(rows.filter(isSmall)), writer, order, &result)
            let larger = rows.filter { !isSmall($0) } + result.takeDeferred()
            try await addWhole(PlannedRow.inOrder(larger), writer, order, &result)
            try result.checkSource()
            return try await finish(writer, result)
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// Begins the container of an order.
    func writer(_ order: BuildOrder) async throws -> SharedWriter {
        try await ContainerBuilder.threads.run { try SharedWriter(try spool(order.key.text), options(order)) }
    }

    private func options(_ order: BuildOrder) -> ContainerWriter.Options {
        var options = ContainerWriter.Options()
        (options.id, options.createdAt) = (order.container, Int64(order.createdAt))
        (options.epoch, options.shardBits) = (UInt64(order.epoch), order.shardBits.count)
        options.spillDirectory = spoolDirectory
        return options
    }

    func finish(_ writer: SharedWriter, _ result: BuildResult) async throws -> BuiltContainer {
        guard result.entryCount > 0 else {
            writer.abandon()
            return result.container(nil)
        }
        let sealed = try await ContainerBuilder.threads.run { try writer.seal() }
        return result.container(sealed)
    }

    /// Why no more is begun; `nil` if more is.
    private func stop(_ writer: SharedWriter, _ order: BuildOrder) -> SealReason? {
        if isStopping() { return .shutdown }
        return writer.dataEnd >= order.byteCountMax ? .bytes : nil
    }

    /// Rows of one batch, and the share of memory that was asked for.
    private struct Batch: Sendable {
        var rows: ArraySlice<PlannedRow>
        var share: ByteBudget.Share
    }

    private func addSmall(
        _ rows: [PlannedRow], _ writer: SharedWriter, _ order: BuildOrder, _ result: inout BuildResult
    ) async throws {
        try await add(rows, writer, order, &result) { rest in
            var (count, byteCount) = (0, 0)
            for row in rest.prefix(ContainerBuilder.batchRowCount) {
                let wanted = row.byteCount ?? BodyFetcher.firstByteCount
                if count > 0, byteCount + wanted > ContainerBuilder.batchByteCountMax { break }
                (count, byteCount) = (count + 1, byteCount + wanted)
            }
            return (count, byteCount)
        } fetch: { rows in
            try await fetcher.small(rows)
        }
    }

    /// Bodies that are not small, each held in memory as a whole: as it came, and as it is written.
    private func addWhole(
        _ rows: [PlannedRow], _ writer: SharedWriter, _ order: BuildOrder, _ result: inout BuildResult
    ) async throws {
        try await add(rows, writer, order, &result) { rest in
            (1, 2 * (rest.first?.byteCount ?? 0))
        } fetch: { rows in
            var fetched = BodyFetcher.Fetched()
            for row in rows { fetched = try await fetcher.whole(row, row.byteCount ?? 0) }
            return fetched
        }
    }

    /// Fetches rows, batch by batch, some at a time, and appends them in their order.
    /// - Parameters:
    ///   - cut: how many of the rows that are left are the next batch, and their bytes.
    private func add(
        _ rows: [PlannedRow], _ writer: SharedWriter, _ order: BuildOrder, _ result: inout BuildResult,
        cut: (ArraySlice<PlannedRow>) -> (count: Int, byteCount: Int),
        fetch: @escaping @Sendable (ArraySlice<PlannedRow>) async throws -> BodyFetcher.Fetched
    ) async throws {
        var rest = rows[...]
        var early: SealReason?
        try await inOrder(width: ContainerBuilder.batchCountMax) { () -> Batch? in
            try Task.checkCancellation()
            guard !rest.isEmpty, !result.isSourceDown else { return nil }
            early = stop(writer, order)
            guard early == nil else { return nil }
            let (count, byteCount) = cut(rest)
            defer { rest = rest.dropFirst(count) }
            return Batch(rows: rest.prefix(count), share: budget.share(byteCount))
        } produce: { batch in
            try await batch.share.wait()
            return (batch, try await fetch(batch.rows))
        } consume: { batch, fetched in
            try await write(fetched, writer, &result)
        }
        result.stopped(early, rest.map { UnpackedRow(rowID: $0.row.id, .waits(size: $0.byteCount)) })
    }

    private func write(
        _ fetched: BodyFetcher.Fetched, _ writer: SharedWriter, _ result: inout BuildResult
    ) async throws {
        let places = try await ContainerBuilder.threads.run { try writer.append(fetched.entries) }
        result.add(fetched, places)
    }
}
