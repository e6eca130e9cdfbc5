internal import DESCore

extension PostgresCatalog {
    func mark(_ names: NameBatch, after cursor: MarkCursor?, _ order: MarkOrder) async throws -> MarkedBatch {
        try await pool.run { session in
            var (batch, refusals) = try mark(names, cursor.map { .after($0) }, order, session)
            // Apart from the others: those are marked, whatever becomes of these.
            try refuse(refusals, order, session, &batch)
            return batch
        }
    }

    func markAlone(_ name: NameBatch, after cursor: MarkCursor?, _ order: MarkOrder) async throws -> MarkedBatch {
        try await pool.run { session in
            var (batch, refusals) = try session.transaction { () -> (MarkedBatch, [Refusal]) in
                // It stays the same row, whatever others lock and unlock meanwhile.
                let host = try host(session)
                let age = SQLValue.integer(order.minimumAge.milliseconds)
                let first = try session.run(
                    MarkStatement.first(host, hasCursor: cursor != nil), [age] + values(of: cursor, host))
                guard first.count == 1, let id = first.text(0, 1) else { return (MarkedBatch(), []) }
                try session.script("SAVEPOINT alone")
                do {
                    let marked = try mark(name, .only(id: id), order, session)
                    // What is deferred would refuse the row at the end, where nobody asks whose fault it is.
                    try session.script("SET CONSTRAINTS ALL IMMEDIATE")
                    return marked
                } catch let error as DatabaseError where error.kind == .row {
                    try session.script("ROLLBACK TO SAVEPOINT alone")
                    var batch = MarkedBatch()
                    batch.takenCount = 1
                    batch.cursor = MarkCursor(time: first.text(0, 0) ?? "", id: id)
                    return (batch, [Refusal(id: id, problem: error.message)])
                }
            }
            try refuse(refusals, order, session, &batch)
            return batch
        }
    }

    /// A row that cannot be marked.
    private struct Refusal {
        let id: String
        let problem: String
    }

    private func mark(
        _ names: NameBatch, _ place: MarkStatement.Place?, _ order: MarkOrder, _ session: any SQLSession
    ) throws -> (MarkedBatch, [Refusal]) {
        let host = try host(session)
        var values: [SQLValue] = [
            .integer(order.minimumAge.milliseconds), .integer(names.count), PostgresArray(plain: names.names).value,
            PostgresArray(names.shards).value, PostgresArray(plain: names.days).value,
        ]
        if host != nil { values.append(PostgresArray(plain: names.names.map { NameHash.text(of: $0) }).value) }
        switch place {
        case .after(let cursor): values += self.values(of: cursor, host)
        case .only(let id): values.append(.text(id))
        case nil: break
        }
        let rows = try session.run(MarkStatement(host, place).sql, values)
        var batch = MarkedBatch()
        batch.takenCount = rows.integer(0, 0) ?? 0
        batch.markedCount = rows.integer(0, 1) ?? 0
        batch.cursor = rows.text(0, 3).map { MarkCursor(time: rows.text(0, 2) ?? "", id: $0) }
        guard let text = rows.text(0, 4), case .array(let pairs) = try JSON(parsing: text) else { return (batch, []) }
        let refusals = pairs.compactMap { pair -> Refusal? in
            guard case .array(let values) = pair, values.count == 2, let id = values[0].stringValue else { return nil }
            return Refusal(id: id, problem: values[1].stringValue ?? "")
        }
        return (batch, refusals)
    }

    /// Of a cursor: the time and the id in the queue, the id in a host's table.
    private func values(of cursor: MarkCursor?, _ host: HostTable?) -> [SQLValue] {
        cursor.map { host == nil ? [.text($0.time), .text($0.id)] : [.text($0.id)] } ?? []
    }

    /// Counts an attempt that failed at each of the rows.
    ///
    /// A row that cannot even be told so (a constraint that no version of it fulfils) becomes a dead letter as it is: it is
    /// looked at in every pass, and stops nobody.
    private func refuse(
        _ refusals: [Refusal], _ order: MarkOrder, _ session: any SQLSession, _ batch: inout MarkedBatch
    ) throws {
        guard !refusals.isEmpty else { return }
        let host = try host(session)
        do {
            let values = [PostgresArray(refusals.map(\.id)).value, PostgresArray(refusals.map(\.problem)).value]
            let rows = try session.run(RefuseStatement(order, host).sql, values)
            batch.postponedCount += rows.integer(0, 0) ?? 0
            batch.refusedCount += rows.integer(0, 1) ?? 0
        } catch let error as DatabaseError where error.kind == .row {
            guard refusals.count == 1 else {
                for refusal in refusals { try refuse([refusal], order, session, &batch) }
                return
            }
            batch.refusedCount += 1
            guard order.keepsDeadLetters else { return }
            let reason = "\(refusals[0].problem); and the row cannot be changed: \(error.message)"
            try addLetter(of: refusals[0].id, reason, origin: host?.origin ?? "", session)
        }
    }

    private func addLetter(of id: String, _ reason: String, origin: String, _ session: any SQLSession) throws {
        do {
            try session.run(
                """
                INSERT INTO des_dead_letters (origin, row_id, stage, reason, attempts) VALUES ($1, $2, 'mark', $3, 1)
                ON CONFLICT (origin, row_id) DO NOTHING
                """, [.text(origin), .text(id), .text(reason)])
        } catch let error as DatabaseError where error.kind == .row {
            // Not a fault of the row, which smaller batches would find.
            throw DatabaseError(.setup, "des_dead_letters: \(error.message)")
        }
    }

    func checkMarking() async throws {
        try await pool.run { session in
            if try session.run("SELECT current_setting('transaction_read_only')").text(0, 0) == "on" {
                throw DatabaseError(.setup, "the database is read-only: a standby, or default_transaction_read_only")
            }
            let host = try host(session)
            var rights = [
                ("des_queue", "SELECT"), ("des_queue", "UPDATE"), ("des_dead_letters", "INSERT"),
                ("des_node_leases", "SELECT"), ("des_node_leases", "UPDATE"),
            ]
            // Rights to the columns alone will do.
            if let host {
                rights += [("des_queue", "INSERT"), (host.source.table, "SELECT"), (host.source.table, "UPDATE")]
            }
            for (table, right) in rights {
                let isAllowed = try session.run(
                    "SELECT has_any_column_privilege($1::text, $2::text)", [.text(table), .text(right)])
                guard isAllowed.text(0, 0) == "t" else {
                    throw DatabaseError(.setup, "permission denied for table \(table): \(right) is needed")
                }
            }
            guard try session.run("SELECT has_sequence_privilege('des_epochs', 'USAGE')").text(0, 0) == "t" else {
                throw DatabaseError(.setup, "permission denied for sequence des_epochs: USAGE is needed")
            }
        }
    }

    func backlog(_ order: MarkOrder) async throws -> Backlog {
        try await pool.run { session in
            let waiting =
                if let host = try host(session) {
                    """
                    SELECT h.\(host.source.column(.createdAt) ?? "")::timestamptz AS created_at
                    FROM \(host.source.table) AS h WHERE \(host.isWaiting)
                    """
                } else {
                    "SELECT created_at FROM des_queue WHERE \(MarkStatement.isWaiting)"
                }
            let rows = try session.run(
                """
                SELECT count(*), floor(extract(epoch FROM now() - min(created_at) FILTER (WHERE isfinite(created_at))) * 1000)::bigint
                FROM (\(waiting) LIMIT \(Backlog.countMax)) AS waiting
                """, [.integer(order.minimumAge.milliseconds)])
            return Backlog(
                count: rows.integer(0, 0) ?? 0, oldestAge: .milliseconds(max(0, rows.integer(0, 1) ?? 0)))
        }
    }
}
