/// A value of a statement.
enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int)
    case text(String)

    static func text(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
    static func integer(_ value: Int?) -> SQLValue { value.map { .integer($0) } ?? .null }
}
