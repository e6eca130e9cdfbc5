/// A table of the host's whose rows are marked where they are, without renaming anything in it.
///
/// Each role that a column can have is written `role=column`. A role that is not named has its standard column, or none.
public struct SourceTable: Sendable, Hashable {
    /// What a column says.
    public enum Role: String, Sendable, CaseIterable {
        /// Of the row; of any type that can be ordered and has an index.
        case id
        /// Since when the row is there.
        case createdAt = "created_at"
        /// Where we write its name.
        case name
        /// Where we write the SHA-256 of the name, 64 hexadecimal digits.
        case hash
        /// Where we write the shard of the name.
        case shard
        /// Where we write how the row stands.
        case status
        /// The key of the object, or the whole source if there is no bucket.
        case key
        /// The bucket of the object.
        case bucket
        /// Bytes of the object.
        case size
        /// An object of JSON, or its text.
        case meta
        /// Where we count attempts that failed.
        case attempts
        /// Where we write why the last attempt failed.
        case error
        /// Where we write when to try again.
        case nextAttemptAt = "next_attempt_at"
        /// Where we write the key of the container.
        case container
        /// Where we write the offset in the container.
        case offset
        /// Where we write how many bytes lie there.
        case length
        /// Where we write when it was packed.
        case packedAt = "packed_at"

        /// It has to be there.
        var isRequired: Bool {
            switch self {
            case .id, .createdAt, .name, .status, .key: true
            default: false
            }
        }
    }

    /// `schema.table` or `table`.
    public struct Name: Sendable, Hashable {
        /// As it was written.
        public let text: String

        /// - Throws: ``DatabaseError/Kind/setup``.
        public init(_ text: String) throws(DatabaseError) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count <= 2, parts.allSatisfy({ SourceTable.isIdentifier($0) }) else {
                throw DatabaseError(.setup, "\"\(text)\" is no table: expected NAME or SCHEMA.NAME")
            }
            self.text = text
        }

        /// In SQL.
        var quoted: String { text.split(separator: ".").map { SourceTable.quoted($0) }.joined(separator: ".") }
    }

    /// What we write into the column of the status.
    public enum State: String, Sendable, CaseIterable {
        /// To be marked, as NULL is; what is written there to try again.
        case new
        case retry
        case marked
        case failed
        case packed
    }

    /// The table.
    public let name: Name
    /// The columns.
    public let columns: [Role: String]
    /// The values of the status.
    public let statuses: [State: String]
    /// A condition in SQL that rows have to fulfil as well.
    public let condition: String?

    /// The columns of the earlier system's `des_source_catalog`.
    public static let standardColumns: [Role: String] = [
        .id: "id", .createdAt: "created_at", .name: "des_name", .hash: "des_hash", .shard: "des_shard",
        .status: "des_status", .attempts: "retry_count", .error: "last_error", .bucket: "source_bucket",
        .key: "source_key",
    ]
    /// The values of the earlier system.
    public static let standardStatuses: [State: String] = [
        .new: "pending", .retry: "retry", .marked: "marked", .failed: "failed", .packed: "packed",
    ]

    /// A table.
    /// - Parameters:
    ///   - columns: `role=column`; `nil`: those of the earlier system.
    ///   - statuses: `state=value`, beside the standard ones.
    /// - Throws: ``DatabaseError/Kind/setup`` that says what is wrong with it.
    public init(
        name: String, columns: [String]? = nil, statuses: [String] = [], condition: String? = nil
    ) throws(DatabaseError) {
        let table = try Name(name)
        self.name = table
        self.columns =
            if let columns {
                try SourceTable.pairs(columns, Role.self, "column") { SourceTable.isIdentifier($0) }
            } else {
                SourceTable.standardColumns
            }
        self.statuses = SourceTable.standardStatuses.merging(
            try SourceTable.pairs(statuses, State.self, "value") { !$0.isEmpty }, uniquingKeysWith: { $1 })
        self.condition = condition
        for role in Role.allCases where role.isRequired && self.columns[role] == nil {
            throw DatabaseError(.setup, "the columns of \(name) lack \(role.rawValue)=COLUMN")
        }
        let doubled = Dictionary(grouping: self.columns, by: \.value).first { $0.value.count > 1 }
        if let doubled {
            throw DatabaseError(.setup, "column \(doubled.key) of \(name) is given two roles")
        }
        guard Set(self.statuses.values).count == self.statuses.count else {
            throw DatabaseError(.setup, "two states of \(name) have the same value")
        }
        if let condition, let problem = SourceTable.problem(of: condition) {
            throw DatabaseError(.setup, "the condition \"\(condition)\" \(problem)")
        }
    }

    private static func pairs<Key: RawRepresentable<String> & CaseIterable & Hashable>(
        _ texts: [String], _ type: Key.Type, _ what: String, isValid: (Substring) -> Bool
    ) throws(DatabaseError) -> [Key: String] {
        var pairs: [Key: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let key = Key(rawValue: String(parts[0])), isValid(parts[1]), pairs[key] == nil
            else {
                let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
                throw DatabaseError(
                    .setup, "\"\(text)\": expected ROLE=\(what.uppercased()), each role once, with a role of \(known)")
            }
            pairs[key] = String(parts[1])
        }
        return pairs
    }

    /// A name as PostgreSQL takes it in quotes; NUL and what nobody can see are no part of one.
    private static func isIdentifier(_ text: some StringProtocol) -> Bool {
        (1...63).contains(text.utf8.count) && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    /// What is wrong with a condition that is put in parentheses: it must not end them, nor the statement.
    private static func problem(of condition: String) -> String? {
        var depth = 0
        var quote: UInt8?
        var last: UInt8 = 0
        for byte in condition.utf8 {
            defer { last = byte }
            // In a string of the kind E'…' a backslash hides the end.
            if byte == UInt8(ascii: "\\") || byte == 0 { return "has a backslash or a NUL" }
            if let open = quote {
                if byte == open { quote = nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth < 0 { return "closes a parenthesis that it did not open" }
            case UInt8(ascii: ";"): return "has a semicolon"
            case UInt8(ascii: "$"): return "has a dollar outside of quotes"
            case UInt8(ascii: "-") where last == byte, UInt8(ascii: "*") where last == UInt8(ascii: "/"):
                return "has a comment"
            default: break
            }
        }
        if quote != nil { return "does not end a quotation" }
        if depth > 0 { return "does not close a parenthesis" }
        return condition.allSatisfy(\.isWhitespace) ? "is empty" : nil
    }

    // MARK: SQL

    /// The table in SQL.
    var table: String { name.quoted }

    /// The column of a role in SQL; `nil` if there is none.
    func column(_ role: Role) -> String? { columns[role].map { SourceTable.quoted($0) } }

    /// The value of a state in SQL.
    func literal(_ state: State) -> String { SourceTable.literal(statuses[state] ?? "") }

    private static func quoted(_ name: some StringProtocol) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    static func literal(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
