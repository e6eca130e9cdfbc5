extension SQLCatalog {
    func deadLetters(limit: Int) async throws -> [DeadLetter] {
        try await pool.run { [dialect] session in
            let rows = try session.run(
                """
                SELECT id, origin, row_id, source, stage, reason, attempts, \(dialect.milliseconds("died_at"))
                FROM des_dead_letters ORDER BY id DESC LIMIT $1
                """, [.integer(limit)])
            return (0..<rows.count).map { row in
                DeadLetter(
                    id: rows.integer(row, 0) ?? 0, origin: rows.text(row, 1) ?? "", rowID: rows.text(row, 2) ?? "",
                    source: rows.text(row, 3), stage: rows.text(row, 4) ?? "", reason: rows.text(row, 5) ?? "",
                    attempts: rows.integer(row, 6) ?? 0, diedAt: rows.integer(row, 7) ?? 0)
            }
        }
    }

    func retryDeadLetters(_ ids: [Int]?) async throws -> [Int] {
        try await pool.transaction { [dialect] session in
            let letters = try removed(ids, session)
            for letter in letters where letter.origin.isEmpty {
                try session.run(
                    """
                    UPDATE des_queue
                    SET status = CASE WHEN name IS NULL THEN \(QueueStep.retry.literal) ELSE \(QueueStep.repack.literal) END,
                        attempts = 0, next_attempt_at = \(dialect.now)
                    WHERE \(QueueStep.retry.condition) AND id = $1
                    """, [.integer(Int(letter.rowID))])
            }
            let ofHosts = Dictionary(grouping: letters.filter { !$0.origin.isEmpty }, by: \.origin)
            for (origin, letters) in ofHosts { try retryInHost(letters.map(\.rowID), of: origin, session) }
            return letters.map(\.id)
        }
    }

    func dropDeadLetters(_ ids: [Int]?) async throws -> [Int] {
        try await pool.transaction { session in
            let letters = try removed(ids, session)
            for letter in letters where letter.origin.isEmpty {
                try session.run(
                    "DELETE FROM des_queue WHERE \(QueueStep.drop.condition) AND id = $1",
                    [.integer(Int(letter.rowID))])
            }
            return letters.map(\.id)
        }
    }

    /// Takes letters out.
    private func removed(
        _ ids: [Int]?, _ session: any SQLSession
    ) throws -> [(id: Int, origin: String, rowID: String)] {
        let returning = "RETURNING id, origin, row_id"
        let answers =
            if let ids {
                try ids.map {
                    try session.run("DELETE FROM des_dead_letters WHERE id = $1 \(returning)", [.integer($0)])
                }
            } else {
                [try session.run("DELETE FROM des_dead_letters \(returning)")]
            }
        return answers.flatMap { rows in
            (0..<rows.count).map { (rows.integer($0, 0) ?? 0, rows.text($0, 1) ?? "", rows.text($0, 2) ?? "") }
        }
    }
}
