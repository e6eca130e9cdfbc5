/// Brings the schema of a database up to that of this program: forward only, one program at a time, and all or nothing.
struct Migrator: Sendable {
    let migrations: [Migration]

    /// What there is to do.
    func pending(_ session: any SQLSession) throws -> [Migration] {
        try pending(done: try done(session))
    }

    /// The same, where none may be left to do.
    /// - Throws: ``DatabaseError/Kind/setup`` that says what to do.
    func requireNone(_ session: any SQLSession) throws {
        let (done, wanted) = (try done(session), try pending(session))
        guard !wanted.isEmpty else { return }
        throw DatabaseError(
            .setup,
            done.isEmpty
                ? "there is no catalog in this database: run `des migrate`"
                : "the catalog is of an earlier version: run `des migrate` (\(wanted.count) steps)")
    }

    /// Does what there is to do, in a transaction of the caller's.
    /// - Returns: what was done.
    func migrate(_ session: any SQLSession) throws -> [Migration] {
        // Whoever else migrates waits here. SQLite has locked the file.
        if session.dialect == .postgres { try session.run("SELECT pg_advisory_xact_lock(7353901002)") }
        try session.script(
            """
            CREATE TABLE IF NOT EXISTS des_migrations (
                number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, done_at text NOT NULL)
            """)
        let wanted = try pending(session)
        for migration in wanted {
            try session.script(migration.sql)
            try session.run(
                """
                INSERT INTO des_migrations (number, name, checksum, done_at)
                VALUES ($1, $2, $3, CAST(CURRENT_TIMESTAMP AS text))
                """,
                [.integer(migration.number), .text(migration.name), .text(migration.checksum)])
        }
        return wanted
    }

    /// What was done; nothing in a database that was never migrated.
    private func done(_ session: any SQLSession) throws -> [(number: Int, checksum: String)] {
        let table =
            switch session.dialect {
            case .postgres: "SELECT to_regclass('des_migrations')::text"
            case .sqlite: "SELECT max(name) FROM sqlite_schema WHERE name = 'des_migrations'"
            }
        guard try session.run(table).text(0, 0) != nil else { return [] }
        let rows = try session.run("SELECT number, checksum FROM des_migrations ORDER BY number")
        return (0..<rows.count).map { (rows.integer($0, 0) ?? 0, rows.text($0, 1) ?? "") }
    }

    private func pending(done: [(number: Int, checksum: String)]) throws -> [Migration] {
        for (place, step) in done.enumerated() {
            guard place < migrations.count, step.number == migrations[place].number else {
                throw DatabaseError(
                    .setup,
                    "the catalog has step \(step.number), which this program does not know: it is of a later version")
            }
            guard step.checksum == migrations[place].checksum else {
                throw DatabaseError(
                    .setup, "step \(step.number) (\(migrations[place].name)) of the catalog was done from another text")
            }
        }
        return Array(migrations[done.count...])
    }
}
