/// A catalog in a database that speaks SQL: what PostgreSQL and SQLite do alike is done here, for both.
protocol SQLCatalog: Catalog {
    var dialect: Dialect { get }
    var pool: SQLPool { get }
    /// What rows of the host's table have as their origin; `nil` if none is adopted.
    func hostOrigin(_ session: any SQLSession) throws -> String?
    /// Has rows of the host's table tried again that were given up.
    /// - Throws: ``DatabaseError/Kind/setup`` if `origin` is not that table.
    func retryInHost(_ rowIDs: [String], of origin: String, _ session: any SQLSession) throws
    /// What has to be there before there can be tables.
    func prepareMigration() throws
    /// Makes room for files of a day, if that is needed.
    func addDay(_ day: String, _ session: any SQLSession) throws
    /// Moves the claimed rows of a container to the files: one row for each entry.
    /// - Returns: how many rows were claimed, and how many of them are files now.
    func moveToFiles(
        _ container: String, _ epoch: Int, _ entries: [PackedEntry], key: String, _ session: any SQLSession
    ) throws -> (claimed: Int, packed: Int)
}

extension SQLCatalog {
    /// The next epoch: higher than all before.
    func nextEpoch(_ session: any SQLSession) throws -> Int {
        let sql =
            switch dialect {
            case .postgres: "SELECT nextval('des_epochs')"
            case .sqlite: "UPDATE des_epochs SET last = last + 1 RETURNING last"
            }
        guard let epoch = try session.run(sql).integer(0, 0) else {
            throw DatabaseError(.setup, "des_epochs gives no number")
        }
        return epoch
    }
}
