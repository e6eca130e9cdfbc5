internal import DESCore

extension SQLCatalog {
    private var migrator: Migrator { Migrator(migrations: Migration.all(dialect)) }

    func pendingMigrations() async throws -> [String] { try await pendingInDatabase() }

    func pendingInDatabase() async throws -> [String] {
        try await pool.run { [migrator] session in try migrator.pending(session).map(\.title) }
    }

    func migrate(
        _ layout: DeploymentLayout, accepting: @Sendable (DeploymentLayout) throws -> Void
    ) async throws -> [String] {
        try prepareMigration()
        return try await pool.transaction { [migrator] session in
            let done = try migrator.migrate(session)
            try session.run(
                """
                INSERT INTO des_layout (shard_bits, name_prefix, key_prefix) VALUES ($1, $2, $3)
                ON CONFLICT (one) DO NOTHING
                """,
                [
                    .integer(layout.shardBits.count), .text(layout.namePrefix.description), .text(layout.keyPrefix),
                ])
            try accepting(try self.layout(session))
            return done.map(\.title)
        }
    }

    func layout() async throws -> DeploymentLayout {
        try await pool.run { [migrator] session in
            try migrator.requireNone(session)
            return try layout(session)
        }
    }

    private func layout(_ session: any SQLSession) throws -> DeploymentLayout {
        let rows = try session.run("SELECT shard_bits, name_prefix, key_prefix FROM des_layout")
        guard rows.count == 1, let count = rows.integer(0, 0), let bits = try? ShardBits(count),
            let prefix = try? NamePrefix(rows.text(0, 1) ?? ""), let keyPrefix = rows.text(0, 2)
        else { throw DatabaseError(.setup, "the catalog has no layout: run `des migrate`") }
        return DeploymentLayout(shardBits: bits, namePrefix: prefix, keyPrefix: keyPrefix)
    }
}

extension DeploymentLayout: CustomStringConvertible {
    /// In words.
    public var description: String {
        "names \(namePrefix)_…, \(shardBits.count) shard bits, "
            + (keyPrefix.isEmpty ? "no key prefix" : "key prefix \"\(keyPrefix)\"")
    }
}

extension Migration {
    /// For people.
    var title: String { "\(number) \(name)" }
}
