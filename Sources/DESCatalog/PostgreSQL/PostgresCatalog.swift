internal import DESCore

/// A catalog in PostgreSQL, for any number of processes.
final class PostgresCatalog: SQLCatalog {
    let dialect = Dialect.postgres
    let pool: SQLPool
    private let source: SourceTable?
    /// A table of the host's for dead letters.
    private let letterTable: SourceTable.Name?
    private let listener: PostgresListener
    /// Found in the database when it is first needed.
    private let host = Monitor<HostTable?>(nil)

    /// Connections are made when they are needed.
    init(_ options: PostgresOptions, connectionsMax: Int, source: SourceTable?, letterTable: SourceTable.Name?) {
        (self.source, self.letterTable) = (source, letterTable)
        pool = SQLPool(countMax: connectionsMax) { try PostgresSession(options) }
        listener = PostgresListener(options)
    }

    /// The host's table, as it is; `nil` if there is none.
    /// - Throws: ``DatabaseError/Kind/setup`` with the name of the table or column that is missing.
    func host(_ session: any SQLSession) throws -> HostTable? {
        guard let source else { return nil }
        if let known = host.withLock({ $0 }) { return known }
        let found = try HostTable(source, letterTable: letterTable, session)
        host.withLock { $0 = found }
        return found
    }

    func waitForRows(upTo limit: Duration) async throws -> Bool { try await listener.wait(upTo: limit) }

    func prepareMigration() {}

    func hostOrigin(_ session: any SQLSession) throws -> String? { try host(session)?.origin }

    func retryInHost(_ rowIDs: [String], of origin: String, _ session: any SQLSession) throws {
        guard let host = try host(session), host.origin == origin else {
            throw DatabaseError(.setup, "there are dead letters of the table \(origin): set source.table to it")
        }
        try session.run(host.retryStatement, [PostgresArray(rowIDs).value])
    }

    func addDay(_ day: String, _ session: any SQLSession) throws {
        try session.run("SELECT des_add_day($1::date)", [.text(day)])
    }

    func moveToFiles(
        _ container: String, _ epoch: Int, _ entries: [PackedEntry], key: String, _ session: any SQLSession
    ) throws -> (claimed: Int, packed: Int) {
        let rows = try session.run(
            """
            WITH gone AS (
                DELETE FROM des_queue WHERE \(QueueStep.commit.condition) AND container_id = $1::uuid AND epoch = $2
                RETURNING id, day, name, origin, source, source_id, container_id
            ), entries AS (
                SELECT * FROM ROWS FROM (
                    unnest($3::text[]), unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::integer[]),
                    unnest($7::bigint[]), unnest($9::bigint[])) AS entries(name, data_offset, byte_count, flags, crc, id)
            ), packed AS (
                INSERT INTO des_files (
                    day, name, origin, source, source_id, container_id, data_offset, byte_count, flags, crc)
                SELECT day, name, origin, source, source_id, container_id, data_offset, byte_count, flags, crc
                FROM gone JOIN entries USING (id, name)
                RETURNING origin, source_id, data_offset, byte_count
            )\(try host(session)?.packedUpdate ?? "")
            SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM packed), $8::text
            """,
            [
                .text(container), .integer(epoch), PostgresArray(entries.map(\.name)).value,
                PostgresArray(entries.map(\.offset)).value, PostgresArray(entries.map(\.byteCount)).value,
                PostgresArray(entries.map { Int($0.flags) }).value, PostgresArray(entries.map { Int($0.crc) }).value,
                .text(key), PostgresArray(entries.map(\.rowID)).value,
            ])
        return (rows.integer(0, 0) ?? 0, rows.integer(0, 1) ?? 0)
    }
}
