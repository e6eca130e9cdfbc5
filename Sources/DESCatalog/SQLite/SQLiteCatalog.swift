internal import DESCore

/// A catalog in a SQLite database, for one machine.
final class SQLiteCatalog: SQLCatalog {
    let dialect = Dialect.sqlite
    let pool: SQLPool
    private let arrivals = Arrivals()

    private let path: String

    /// The database at `path`. Only migrating makes it if there is none.
    init(path: String) {
        self.path = path
        // One connection: SQLite has one writer, and what reads here is short.
        pool = SQLPool(countMax: 1) { try SQLiteSession(path: path) }
    }

    func markAlone(_ name: NameBatch, after cursor: MarkCursor?, _ order: MarkOrder) async throws -> MarkedBatch {
        try await mark(name, after: cursor, order)
    }

    func checkMarking() async throws {
        // A lock for writing, and nothing written: a file that can only be read says so here.
        try await pool.run { session in
            _ = try session.transaction { try session.run("UPDATE des_queue SET status = status WHERE id < 0") }
        }
    }

    /// A row of which the database refuses the values is refused alone: one statement marks one row.
    func mark(_ names: NameBatch, after cursor: MarkCursor?, _ order: MarkOrder) async throws -> MarkedBatch {
        try await pool.transaction { [dialect] session in
            let after: [SQLValue] = cursor.map { [.integer(Int($0.time)), .integer(Int($0.id))] } ?? []
            let rows = try session.run(
                """
                SELECT id, created_at, attempts, source,
                    CASE WHEN source = '' THEN 'the key is empty'
                        WHEN length(CAST(source AS BLOB)) > \(Limits.sourceByteCountMax) THEN
                            'the source has ' || length(CAST(source AS BLOB)) || ' bytes, more than \(
                                Limits.sourceByteCountMax)'
                        WHEN size < 0 THEN 'the size is negative'
                        WHEN meta IS NOT NULL AND NOT json_valid(meta) THEN 'the metadata is no JSON'
                        WHEN json_type(meta) <> 'object' THEN 'the metadata is no object of JSON: ' || json_type(meta)
                        WHEN length(CAST(meta AS BLOB)) > \(Limits.queuedMetaByteCountMax) THEN
                            'the metadata has ' || length(CAST(meta AS BLOB)) || ' bytes, more than \(
                                Limits.queuedMetaByteCountMax)'
                    END
                FROM des_queue
                WHERE \(QueueStep.mark.condition) \(cursor == nil ? "" : "AND (created_at, id) > ($3, $4)")
                    AND created_at <= \(dialect.now("-", "$1")) AND next_attempt_at <= \(dialect.now)
                ORDER BY created_at, id LIMIT $2
                """, [.integer(order.minimumAge.milliseconds), .integer(names.count)] + after)
            var batch = MarkedBatch()
            batch.takenCount = rows.count
            for row in 0..<rows.count {
                let id = SQLValue.integer(rows.integer(row, 0))
                let mark = [id, .text(names.names[row]), .integer(names.shards[row]), .text(names.days[row])]
                if let problem = try rows.text(row, 4) ?? SQLiteCatalog.problem(marking: mark, session) {
                    let attempts = rows.integer(row, 2) ?? 0
                    try SQLiteCatalog.refuse(id, problem, attempts: attempts, source: rows.text(row, 3), order, session)
                    if attempts >= order.retriesMax { batch.refusedCount += 1 } else { batch.postponedCount += 1 }
                    continue
                }
                batch.markedCount += 1
            }
            if rows.count > 0 {
                batch.cursor = MarkCursor(
                    time: rows.text(rows.count - 1, 1) ?? "", id: rows.text(rows.count - 1, 0) ?? "")
            }
            return batch
        }
    }

    /// Marks a row: its id, and the name, shard and day.
    /// - Returns: why its values make that impossible.
    private static func problem(marking values: [SQLValue], _ session: any SQLSession) throws -> String? {
        do {
            try session.run(
                """
                UPDATE des_queue
                SET \(QueueStep.mark.assignment), name = $2, shard = $3, day = $4, last_error = NULL, attempts = 0 WHERE id = $1
                """, values)
            return nil
        } catch let error as DatabaseError where error.kind == .row {
            return error.message
        }
    }

    private static func refuse(
        _ id: SQLValue, _ problem: String, attempts: Int, source: String?, _ order: MarkOrder,
        _ session: any SQLSession
    ) throws {
        let isFinal = attempts >= order.retriesMax
        let wait = Backoff.milliseconds(order.backoffBase, attempts)
        try session.run(
            """
            UPDATE des_queue
            SET \(isFinal ? QueueStep.refuse.assignment : QueueStep.postpone.assignment), attempts = attempts + 1,
                last_error = $2, next_attempt_at = \(session.dialect.now("+", "$3"))
            WHERE id = $1
            """, [id, .text(problem), .integer(wait)])
        guard isFinal, order.keepsDeadLetters else { return }
        try session.run(
            """
            INSERT INTO des_dead_letters (origin, row_id, source, stage, reason, attempts)
            VALUES ('', CAST($1 AS TEXT), $2, 'mark', $3, $4) ON CONFLICT (origin, row_id) DO NOTHING
            """, [id, .text(source), .text(problem), .integer(attempts + 1)])
    }

    func backlog(_ order: MarkOrder) async throws -> Backlog {
        try await pool.run { [dialect] session in
            let rows = try session.run(
                """
                SELECT count(*), \(dialect.now) - min(created_at) FROM (
                    SELECT created_at FROM des_queue
                    WHERE \(QueueStep.mark.condition) AND created_at <= \(dialect.now("-", "$1"))
                    LIMIT \(Backlog.countMax))
                """, [.integer(order.minimumAge.milliseconds)])
            return Backlog(
                count: rows.integer(0, 0) ?? 0, oldestAge: .milliseconds(max(0, rows.integer(0, 1) ?? 0)))
        }
    }

    func waitForRows(upTo limit: Duration) async throws -> Bool { await arrivals.wait(upTo: limit) }

    // Tables of others are not adopted: SQLite has no locks that several programs could hold.

    func hostOrigin(_ session: any SQLSession) -> String? { nil }

    func retryInHost(_ rowIDs: [String], of origin: String, _ session: any SQLSession) throws {
        throw DatabaseError(.setup, "there is no table \(origin) here")
    }

    func enqueue(_ files: [NewFile], from input: String, _ progress: ImportProgress) async throws -> Int {
        let count = try await pool.transaction { [dialect] session in
            var count = 0
            for file in files {
                let created = file.createdAt.map { $0.seconds * 1_000 + $0.nanoseconds / 1_000_000 }
                count += try session.run(
                    """
                    INSERT INTO des_queue (source, source_id, size, created_at, meta)
                    SELECT $1, $2, $3, coalesce($4, \(dialect.now)), $5
                    WHERE NOT EXISTS (
                        SELECT 1 FROM des_files WHERE origin = '' AND coalesce(source_id, source) = coalesce($2, $1))
                    ON CONFLICT DO NOTHING
                    """,
                    [
                        .text(file.source), .text(file.sourceID), .integer(file.size), .integer(created),
                        .text(file.meta),
                    ]
                ).changedCount
            }
            try note(progress, of: input, session)
            return count
        }
        if count > 0 { arrivals.announce() }
        return count
    }

    func pendingMigrations() async throws -> [String] {
        SQLiteFile.isMissing(path) ? Migration.all(dialect).map(\.title) : try await pendingInDatabase()
    }

    func prepareMigration() throws { try SQLiteFile.make(path) }

    func addDay(_ day: String, _ session: any SQLSession) throws {}

    func detachDays(before day: CalendarDay, dryRun: Bool) async throws -> [String] {
        throw DatabaseError(.setup, "SQLite keeps the files of all days in one table: there is nothing to detach")
    }

    func moveToFiles(
        _ container: String, _ epoch: Int, _ entries: [PackedEntry], key: String, _ session: any SQLSession
    ) throws -> (claimed: Int, packed: Int) {
        var packed = 0
        // By the id alone: the planner would rather go through all rows of the container, for each of them.
        for entry in entries {
            packed += try session.run(
                """
                INSERT INTO des_files (
                    day, name, origin, source, source_id, container_id, data_offset, byte_count, flags, crc)
                SELECT day, name, origin, source, source_id, container_id, $3, $4, $5, $6 FROM des_queue NOT INDEXED
                WHERE \(QueueStep.commit.condition) AND id = $7 AND name = $8 AND container_id = $1 AND epoch = $2
                """,
                [
                    .text(container), .integer(epoch), .integer(entry.offset), .integer(entry.byteCount),
                    .integer(Int(entry.flags)), .integer(Int(entry.crc)), .integer(entry.rowID), .text(entry.name),
                ]
            ).changedCount
        }
        let claimed = try session.run(
            "DELETE FROM des_queue WHERE \(QueueStep.commit.condition) AND container_id = $1 AND epoch = $2",
            [.text(container), .integer(epoch)])
        return (claimed.changedCount, packed)
    }
}
