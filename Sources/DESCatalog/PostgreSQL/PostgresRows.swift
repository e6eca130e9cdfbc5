internal import CPostgreSQL

/// What a statement gave, in libpq's memory.
final class PostgresRows: SQLRows {
    private let result: OpaquePointer

    /// Takes over a PGresult.
    init(taking result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    var count: Int { Int(PQntuples(result)) }
    var columnCount: Int { Int(PQnfields(result)) }
    var changedCount: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }
    var status: ExecStatusType { PQresultStatus(result) }

    func text(_ row: Int, _ column: Int) -> String? {
        guard PQgetisnull(result, Int32(row), Int32(column)) == 0,
            let start = PQgetvalue(result, Int32(row), Int32(column))
        else { return nil }
        return String(cString: start)
    }

    func integer(_ row: Int, _ column: Int) -> Int? { text(row, column).flatMap { Int($0) } }

    /// The error of a statement that failed.
    var error: DatabaseError {
        let message = PostgresRows.firstLine(PQresultErrorField(result, 77)) ?? "the statement failed"  // 'M', primary
        guard let state = PQresultErrorField(result, 67) else {  // 'C', SQLSTATE
            let words = PostgresRows.firstLine(PQresultErrorMessage(result))
            return DatabaseError(.disconnected, words ?? "the server ended the connection")
        }
        return DatabaseError(sqlState: String(cString: state), message: message)
    }

    static func firstLine(_ text: UnsafePointer<CChar>?) -> String? {
        text.flatMap { String(cString: $0).split(whereSeparator: \.isNewline).first.map(String.init) }
    }
}
