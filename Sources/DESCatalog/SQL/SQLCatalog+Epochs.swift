extension SQLCatalog {
    func highestEpoch() async throws -> Int {
        try await pool.run { session in
            let rows = try session.run(
                """
                SELECT max(epoch) FROM (
                    SELECT max(epoch) AS epoch FROM des_containers
                    UNION ALL SELECT max(epoch) FROM des_shard_leases
                    UNION ALL SELECT max(epoch) FROM des_node_leases
                    UNION ALL SELECT max(epoch) FROM des_queue) AS epochs
                """)
            return max(rows.first ?? 0, try lastEpoch(session))
        }
    }

    func raiseEpochs(to epoch: Int) async throws -> Int {
        guard epoch < 1 << 62 else { throw DatabaseError(.setup, "the epoch \(epoch) leaves no room for later ones") }
        return try await pool.transaction { [dialect] session in
            switch dialect {
            case .postgres:
                // Changes nothing, and nobody is given an epoch until this transaction ends: the sequence never goes back.
                try session.script("ALTER SEQUENCE des_epochs NO CYCLE")
                if try lastEpoch(session) < epoch {
                    try session.script("ALTER SEQUENCE des_epochs RESTART WITH \(epoch + 1)")
                }
            case .sqlite: try session.run("UPDATE des_epochs SET last = max(last, $1)", [.integer(epoch)])
            }
            return try lastEpoch(session)
        }
    }

    /// The last epoch that was given, or counts as given.
    private func lastEpoch(_ session: any SQLSession) throws -> Int {
        let sql =
            switch dialect {
            case .postgres: "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM des_epochs"
            case .sqlite: "SELECT last FROM des_epochs"
            }
        return try session.run(sql).first ?? 0
    }
}
