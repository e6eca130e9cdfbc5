internal import DESCore

// Many values as one, however many they are: an array in PostgreSQL, JSON in SQLite.
extension Dialect {
    /// At the end of a condition: equals one of the texts that are the value `list`, made by ``texts(_:)``.
    func isAmongTexts(_ list: String) -> String {
        switch self {
        case .postgres: "= ANY (\(list)::text[])"
        case .sqlite: "IN (SELECT value FROM json_each(\(list)))"
        }
    }

    /// The same with numbers, made by ``numbers(_:)``.
    func isAmongNumbers(_ list: String) -> String {
        switch self {
        case .postgres: "= ANY (\(list)::bigint[])"
        case .sqlite: "IN (SELECT value FROM json_each(\(list)))"
        }
    }

    /// Texts as one value.
    func texts(_ texts: [String]) -> SQLValue {
        switch self {
        case .postgres: PostgresArray(texts).value
        case .sqlite: .text(JSON.array(texts.map { .string($0) }).text)
        }
    }

    /// Numbers as one value.
    func numbers(_ numbers: [Int]) -> SQLValue {
        switch self {
        case .postgres: PostgresArray(numbers).value
        case .sqlite: .text(JSON.array(numbers.map { .integer($0) }).text)
        }
    }
}
