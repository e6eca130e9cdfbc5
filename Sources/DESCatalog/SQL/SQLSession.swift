/// One connection to a database. Its calls block the thread they are made on: ``SQLPool`` gives it one of its own.
///
/// Statements have their values as `$1`, `$2`, …, in PostgreSQL and in SQLite. Errors are ``DatabaseError``.
protocol SQLSession: AnyObject {
    /// How statements differ from those of the other database.
    var dialect: Dialect { get }
    /// It can be used again: it is connected, and in no transaction.
    var isReusable: Bool { get }

    /// Runs one statement, prepared when it is first used.
    @discardableResult
    func run(_ sql: String, _ values: [SQLValue]) throws -> any SQLRows
    /// Runs any number of statements without values, none of which is kept prepared.
    func script(_ sql: String) throws
}

extension SQLSession {
    /// Runs one statement without values.
    @discardableResult
    func run(_ sql: String) throws -> any SQLRows { try run(sql, []) }

    /// Runs `body` in a transaction, which is rolled back if it throws. Nothing in it waits for anything but the database.
    ///
    /// An error of the last statement leaves open whether it was done, if the connection is lost with it.
    func transaction<T>(_ body: () throws -> T) throws -> T {
        try script(dialect.begin)
        do {
            let value = try body()
            try script("COMMIT")
            return value
        } catch {
            // A session that cannot roll back is not reusable, and closed.
            try? script("ROLLBACK")
            throw error
        }
    }
}

extension SQLRows {
    /// The first value, a whole number; `nil` without rows.
    var first: Int? { count > 0 ? integer(0, 0) : nil }
}

/// What a statement gave.
protocol SQLRows {
    /// Rows.
    var count: Int { get }
    /// Columns.
    var columnCount: Int { get }
    /// Rows that were inserted, updated or deleted.
    var changedCount: Int { get }
    /// The text of a value; `nil` for NULL.
    func text(_ row: Int, _ column: Int) -> String?
    /// A whole number; `nil` for NULL.
    func integer(_ row: Int, _ column: Int) -> Int?
}
