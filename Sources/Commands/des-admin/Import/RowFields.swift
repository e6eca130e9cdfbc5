import DESCatalog
import DESCore

/// The members of a row, checked one by one: what a database would refuse, it would refuse with the whole batch.
struct RowFields {
    /// What a row may say.
    enum Name: String, CaseIterable {
        case source
        case sourceID = "source_id"
        case size
        case createdAt = "created_at"
        case meta

        static let list = allCases.map(\.rawValue).joined(separator: ", ")
    }

    private var source: String?
    private var sourceID: String?
    private var size: Int?
    private var createdAt: Timestamp?
    private var meta: String?

    /// The row.
    func file() throws(RowProblem) -> NewFile {
        guard let source else { throw RowProblem("there is no source, expected one such as \"s3://bucket/key\"") }
        return NewFile(source: source, sourceID: sourceID, size: size, createdAt: createdAt, meta: meta)
    }

    mutating func setSource(_ text: String) throws(RowProblem) { source = try RowFields.identity(text, .source) }

    mutating func setSourceID(_ text: String) throws(RowProblem) { sourceID = try RowFields.identity(text, .sourceID) }

    mutating func setSize(_ digits: String) throws(RowProblem) {
        guard let value = Int(digits), value >= 0 else {
            throw RowProblem("size: found \(RowFields.shown(digits)), expected bytes as a whole number")
        }
        size = value
    }

    mutating func setCreatedAt(_ text: String) throws(RowProblem) {
        // PostgreSQL has no year 0.
        guard let time = Timestamp(text), time.seconds >= -62_135_596_800 else {
            throw RowProblem(
                "created_at: found \(RowFields.shown(text)), expected a time in UTC such as 2026-01-31T09:05:00Z")
        }
        createdAt = time
    }

    mutating func setMeta(_ value: JSON) throws(RowProblem) {
        guard case .object = value else { throw RowProblem("meta: expected an object of JSON") }
        guard !value.containsNUL else { throw RowProblem("meta: contains U+0000, which no database takes as text") }
        let text = value.text
        guard text.utf8.count <= Limits.queuedMetaByteCountMax else {
            throw RowProblem("meta: found \(text.utf8.count) bytes, expected at most \(Limits.queuedMetaByteCountMax)")
        }
        meta = text
    }

    private static func identity(_ text: String, _ name: Name) throws(RowProblem) -> String {
        guard !text.isEmpty else {
            throw RowProblem("\(name.rawValue): is empty, expected a text such as \"s3://bucket/key\"")
        }
        guard !text.utf8.contains(0) else {
            throw RowProblem("\(name.rawValue): contains U+0000, which no database takes as text")
        }
        guard text.utf8.count <= Limits.sourceByteCountMax else {
            throw RowProblem(
                "\(name.rawValue): found \(text.utf8.count) bytes, expected at most \(Limits.sourceByteCountMax)")
        }
        return text
    }

    /// So much of a text as a message can bear.
    static func shown(_ text: String) -> String {
        text.utf8.count <= 60 ? "\"\(text)\"" : "\"\(text.prefix(50))…\""
    }
}

extension JSON {
    /// Whether there is a U+0000 in any text of it.
    var containsNUL: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let values): values.contains { $0.containsNUL }
        case .object(let members): members.contains { $0.key.utf8.contains(0) || $0.value.containsNUL }
        case .null, .bool, .number: false
        }
    }
}
