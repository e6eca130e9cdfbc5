public import DESCore

/// What a database said.
public struct DatabaseError: Error, Sendable, CustomStringConvertible {
    /// What can be done about it.
    public enum Kind: String, Sendable, CaseIterable {
        /// The same again may well succeed: a deadlock, a serialization failure, a time-out, too many connections.
        case transient
        /// There is no connection any more; whether the last statement was done is not known.
        case disconnected
        /// Somebody has to change something first: credentials, a missing table or column, a read-only database.
        case setup
        /// The values of one row or of several are wrong: too long, no JSON, against a constraint of its table.
        case row
    }

    /// What can be done about it.
    public let kind: Kind
    /// SQL's five characters, if PostgreSQL said them.
    public let sqlState: String?
    /// What the server or the client library said, in one line.
    public let message: String

    /// As the server said it.
    public var description: String { sqlState.map { "\(message) (SQLSTATE \($0))" } ?? message }

    /// An error of a PostgreSQL server.
    init(sqlState: String, message: String) {
        (self.sqlState, self.message) = (sqlState, message)
        kind = DatabaseError.kind(of: sqlState)
    }

    init(_ kind: Kind, _ message: String) { (self.kind, sqlState, self.message) = (kind, nil, message) }

    /// By class and, where that is too coarse, by code (PostgreSQL, appendix A).
    static func kind(of sqlState: String) -> Kind {
        switch sqlState {
        // Shutdown, crash, not started yet, idle for too long.
        case "57P01", "57P02", "57P03", "57P05", "25P03": return .disconnected
        // Serialization, completion unknown, deadlock, lock or statement not in time.
        case "40001", "40003", "40P01", "55P03", "57014": return .transient
        case "P0001": return .row  // a trigger's own
        default: break
        }
        switch sqlState.prefix(2) {
        case "08": return .disconnected
        case "53", "58": return .transient  // resources, system errors
        case "22", "23", "54": return .row  // values, constraints, limits of the server
        // Who are you, no such database, table, column, no right, read-only; and whatever else repeating does not mend.
        default: return .setup
        }
    }
}

extension DESError {
    /// The same for those who do not care which database it was.
    public init(_ error: DatabaseError) {
        switch error.kind {
        case .transient, .disconnected:
            self.init(.unavailable, error.description)
            isTransient = true
        case .setup: self.init(.denied, error.description)
        case .row: self.init(.invalidArgument, error.description)
        }
    }
}
