extension SQLCatalog {
    func progress(of input: String) async throws -> ImportProgress? {
        try await pool.run { session in
            let rows = try session.run("SELECT position, row_count FROM des_imports WHERE input = $1", [.text(input)])
            guard rows.count == 1 else { return nil }
            return ImportProgress(position: rows.text(0, 0) ?? "", rowCount: rows.integer(0, 1) ?? 0)
        }
    }

    func endImport(of input: String) async throws {
        _ = try await pool.run { session in
            try session.run("DELETE FROM des_imports WHERE input = $1", [.text(input)]).changedCount
        }
    }

    /// In the transaction that queues the rows.
    func note(_ progress: ImportProgress, of input: String, _ session: any SQLSession) throws {
        try session.run(
            """
            INSERT INTO des_imports (input, position, row_count) VALUES ($1, $2, $3)
            ON CONFLICT (input) DO UPDATE
            SET position = excluded.position, row_count = excluded.row_count, changed_at = \(dialect.now)
            """, [.text(input), .text(progress.position), .integer(progress.rowCount)])
    }
}
