/// A ``SourceTable``, as it was found in the database.
struct HostTable: Sendable {
    let source: SourceTable
    /// Of the column of ids, in SQL: compared as text, the index on ids would be of no use.
    let idType: String
    /// Of the column of the status, in SQL.
    let statusType: String
    /// What its rows have as their origin in the queue: schema and name, however the settings call it.
    let origin: String
    /// A table of the host's for dead letters, with the earlier system's columns, in SQL.
    let letterTable: String?
    /// Characters of a reason that fit into it.
    let letterReasonMax: Int

    /// - Throws: ``DatabaseError/Kind/setup`` with the name of the table or column that is missing.
    init(_ source: SourceTable, letterTable: SourceTable.Name?, _ session: any SQLSession) throws {
        (self.source, self.letterTable) = (source, letterTable?.quoted)
        let columns = SourceTable.Role.allCases.compactMap { source.column($0) }.map { "h.\($0)" }.joined(
            separator: ", ")
        try session.script("SELECT \(columns) FROM \(source.table) AS h WHERE (\(source.condition ?? "true")) LIMIT 0")
        if let letterTable {
            try session.script(
                "SELECT catalog_entry_id, created_at, error_message, retry_count FROM \(letterTable.quoted) LIMIT 0")
        }
        func type(_ role: SourceTable.Role) throws -> String {
            try session.run(
                """
                SELECT format_type(atttypid, NULL) FROM pg_attribute
                WHERE attrelid = $1::text::regclass AND attname = $2
                """, [.text(source.table), .text(source.columns[role])]
            ).text(0, 0) ?? "text"
        }
        (idType, statusType) = (try type(.id), try type(.status))
        try HostTable.check(source, statusType, session)
        letterReasonMax =
            try letterTable.flatMap { table in
                try session.run(
                    """
                    SELECT atttypmod - 4 FROM pg_attribute
                    WHERE attrelid = $1::text::regclass AND attname = 'error_message' AND atttypmod > 4
                    """, [.text(table.quoted)]
                ).first
            } ?? 500
        let name = try session.run(
            """
            SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE pg_class.oid = $1::text::regclass
            """, [.text(source.table)])
        origin = name.text(0, 0) ?? source.name.text
    }

    /// What cannot be marked row by row, and is better said at once.
    private static func check(_ source: SourceTable, _ statusType: String, _ session: any SQLSession) throws {
        let values = SourceTable.State.allCases.map { "\(source.literal($0))::\(statusType)" }.joined(separator: ", ")
        do { try session.script("SELECT \(values)") } catch let error as DatabaseError {
            let column = source.columns[.status] ?? ""
            throw DatabaseError(.setup, "source.statuses: column \(column) of \(source.name.text): \(error.message)")
        }
        // An index that makes ids of one part of a table unique has more columns.
        let isUnique = try session.run(
            """
            SELECT relkind <> 'r' OR attnotnull AND EXISTS (
                SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisunique AND indpred IS NULL
                    AND indnkeyatts = 1 AND indkey[0] = attnum)
            FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE pg_class.oid = $1::text::regclass AND attname = $2
            """, [.text(source.table), .text(source.columns[.id])])
        guard isUnique.text(0, 0) == "t" else {
            throw DatabaseError(
                .setup,
                "source.columns: column \(source.columns[.id] ?? "") of \(source.name.text) is no id: it has to be NOT NULL, "
                    + "with a unique index of its own")
        }
    }

    /// The value of a state in SQL, of the type of the column: an enumeration takes no text.
    func literal(_ state: SourceTable.State) -> String { "\(source.literal(state))::\(statusType)" }

    /// Has rows that were given up tried again; `$1` are their ids, as an array of text.
    var retryStatement: String {
        let status = source.column(.status) ?? ""
        return """
            UPDATE \(source.table) AS h SET \(status) = \(literal(.retry))\(set(.attempts, "0"))\(set(.nextAttemptAt, "NULL"))
            WHERE h.\(id) = ANY ($1::text[]::\(idType)[]) AND h.\(status) = \(literal(.failed))
            """
    }

    /// The column of ids, in SQL.
    var id: String { source.column(.id) ?? "" }

    /// Where the bytes of a row `h` are.
    var uri: String {
        let key = source.column(.key) ?? ""
        guard let bucket = source.column(.bucket) else { return "h.\(key)::text" }
        return "'s3://' || h.\(bucket) || '/' || nullif(h.\(key)::text, '')"
    }

    /// A row `h` has no name, and no status that says that it should have none.
    var isUnmarked: String {
        let status = source.column(.status) ?? ""
        return """
            h.\(source.column(.name) ?? "") IS NULL
            AND (h.\(status) IS NULL OR h.\(status) IN (\(literal(.new)), \(literal(.retry))))
            """
    }

    /// A row `h` waits, is old enough (`$1` milliseconds), due, and one of those that are wanted.
    var isWaiting: String {
        [
            isUnmarked, "h.\(source.column(.createdAt) ?? "") <= now() - $1::bigint * interval '1 millisecond'",
            source.column(.nextAttemptAt).map { "(h.\($0) IS NULL OR h.\($0) <= now())" },
            source.condition.map { "(\($0))" },
        ].compactMap { $0 }.joined(separator: " AND ")
    }

    /// One more assignment, if there is such a column.
    func set(_ role: SourceTable.Role, _ value: String) -> String {
        source.column(role).map { ", \($0) = \(value)" } ?? ""
    }

    /// A part of a statement that has files as `packed` and the container's key as `$8`: tells the host's rows that they are
    /// packed, and where.
    var packedUpdate: String {
        """
        , host AS (
            UPDATE \(source.table) AS h
            SET \(source.column(.status) ?? "") = \(literal(.packed))\(set(.container, "$8::text"))\
        \(set(.offset, "packed.data_offset"))\(set(.length, "packed.byte_count"))\(set(.packedAt, "now()"))
            FROM packed
            WHERE packed.origin = \(SourceTable.literal(origin)) AND h.\(id) = packed.source_id::\(idType))
        """
    }
}
