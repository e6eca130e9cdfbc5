internal import CSQLite

/// A connection to a SQLite database: WAL, and on disk when a transaction is committed.
final class SQLiteSession: SQLSession {
    let dialect = Dialect.sqlite
    private let database: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    var isReusable: Bool { sqlite3_get_autocommit(database) != 0 }

    /// Opens the database, which has to be there.
    init(path: String, busyTimeout: Duration = .seconds(30)) throws {
        var opened: OpaquePointer?
        guard !SQLiteFile.isMissing(path) else {
            throw DatabaseError(.setup, "there is no such file: run `des migrate`")
        }
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        let status = sqlite3_open_v2(path, &opened, flags, nil)
        guard status == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw DatabaseError(.setup, "\(path): \(String(cString: sqlite3_errmsg(opened)))")
        }
        database = opened
        sqlite3_busy_timeout(opened, Int32(busyTimeout / .milliseconds(1)))
        try script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(database)
    }

    func run(_ sql: String, _ values: [SQLValue]) throws -> any SQLRows {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        // `$2` is a name to SQLite, and may come before `$1`.
        for place in 0..<sqlite3_bind_parameter_count(statement) {
            guard let name = sqlite3_bind_parameter_name(statement, place + 1),
                let number = Int(String(cString: name).dropFirst()), number <= values.count
            else { throw DatabaseError(.setup, "a value is missing: \(sql)") }
            try bind(values[number - 1], statement, place + 1)
        }
        var rows = SQLiteRows()
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: rows.rows.append((0..<sqlite3_column_count(statement)).map { value(statement, $0) })
            case SQLITE_DONE:
                rows.changedCount = Int(sqlite3_changes(database))
                return rows
            default: throw error()
            }
        }
    }

    func script(_ sql: String) throws {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw error() }
    }

    private func prepared(_ sql: String) throws -> OpaquePointer {
        if let known = statements[sql] { return known }
        var statement: OpaquePointer?
        let status = sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard status == SQLITE_OK, let statement else { throw error() }
        statements[sql] = statement
        return statement
    }

    private func bind(_ value: SQLValue, _ statement: OpaquePointer, _ place: Int32) throws {
        let status =
            switch value {
            case .null: sqlite3_bind_null(statement, place)
            case .integer(let number): sqlite3_bind_int64(statement, place, Int64(number))
            case .text(var text):
                text.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) {
                        // The address of no bytes may be nil, and that would be NULL.
                        $0.isEmpty
                            ? des_sqlite_bind_text(statement, place, "", 0)
                            : des_sqlite_bind_text(statement, place, $0.baseAddress, Int32($0.count))
                    }
                }
            }
        guard status == SQLITE_OK else { throw error() }
    }

    private func value(_ statement: OpaquePointer, _ column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(Int(sqlite3_column_int64(statement, column)))
        default:
            guard let bytes = sqlite3_column_text(statement, column) else { return .null }
            let buffer = UnsafeBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column)))
            return .text(String(decoding: buffer, as: UTF8.self))
        }
    }

    private func error() -> DatabaseError {
        let message = String(cString: sqlite3_errmsg(database))
        switch sqlite3_errcode(database) & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_INTERRUPT, SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM:
            return DatabaseError(.transient, message)
        case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH: return DatabaseError(.row, message)
        default: return DatabaseError(.setup, message)
        }
    }
}
