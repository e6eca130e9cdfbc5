/// Where the SQL of the two databases differs. What is not here is written so that both take it.
///
/// Times are `timestamptz` in PostgreSQL and milliseconds since 1970 in SQLite; statements compare and shift them by these
/// means only, and read them as milliseconds.
enum Dialect: Sendable {
    case postgres
    case sqlite

    /// Begins a transaction that may write.
    var begin: String {
        switch self {
        case .postgres: "BEGIN"
        case .sqlite: "BEGIN IMMEDIATE"
        }
    }

    /// The time by the clock of the database, at this statement.
    var now: String {
        switch self {
        case .postgres: "clock_timestamp()"
        case .sqlite: "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"
        }
    }

    /// The time by the clock of the database, plus (or minus, in `sign`) milliseconds.
    func now(_ sign: String, _ milliseconds: String) -> String {
        switch self {
        case .postgres: "\(now) \(sign) \(milliseconds)::bigint * interval '1 millisecond'"
        case .sqlite: "\(now) \(sign) \(milliseconds)"
        }
    }

    /// A time as milliseconds since 1970.
    func milliseconds(_ time: String) -> String {
        switch self {
        case .postgres: "floor(extract(epoch FROM \(time)) * 1000)::bigint"
        case .sqlite: time
        }
    }

    /// At the end of a SELECT: locks its rows, leaving out those that somebody else has locked.
    var locking: String {
        switch self {
        case .postgres: "FOR UPDATE SKIP LOCKED"
        case .sqlite: ""  // there is one writer
        }
    }

    /// At the end of a SELECT: locks its rows, and waits for them.
    var waitingLock: String {
        switch self {
        case .postgres: "FOR UPDATE"
        case .sqlite: ""
        }
    }
}
