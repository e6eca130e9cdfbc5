internal import DESCatalog
internal import DESCore
internal import DESStore

/// A claimed row whose place in the container is known, before its body is.
struct PlannedRow: Sendable {
    let row: ClaimedRow
    let name: EntryName
    let key: EntryKey
    let address: SourceAddress
    /// Bytes of the body, once they are known: as the row says, or its source.
    var byteCount: Int?

    /// - Throws: ``DESError`` for a name or a source that is none.
    init(_ row: ClaimedRow, sourceDirectory: String?) throws(DESError) {
        self.row = row
        name = try EntryName(row.name)
        key = name.withBytes { EntryKey($0) }
        address = try SourceAddress(row.source, below: sourceDirectory)
        byteCount = row.size
    }

    /// The version that is wanted. Files have none that a row could know.
    func version(_ expectation: BodyExpectation) -> ETag? {
        if case .file = address { return nil }
        return expectation.etag.map { ETag($0) }
    }

    /// Small bodies lie in the order of INDEX in a clustered container.
    static func inOrder(_ rows: [PlannedRow]) -> [PlannedRow] {
        rows.sorted { ($0.key, $0.name) < ($1.key, $1.name) }
    }
}

/// What a row says of its body, besides the size: what came is compared with it.
struct BodyExpectation: Sendable {
    /// The version of the object.
    var etag: String?
    /// 64 hexadecimal digits.
    var sha256: String?

    init(_ meta: JSON?) {
        etag = meta?["etag"]?.stringValue.map { $0.hasPrefix("\"") ? String($0.dropFirst().dropLast()) : $0 }
        sha256 = meta?["sha256"]?.stringValue.map { $0.lowercased() }
    }

    /// - Parameter digest: SHA-256 of the body.
    /// - Throws: ``DESError/Code/changed`` if the row says another.
    func check(_ digest: [UInt8], _ row: ClaimedRow) throws(DESError) {
        guard let sha256 else { return }
        let found = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        guard found == sha256 else {
            throw DESError(.changed, "its SHA-256 is \(found), the row says \(sha256)", place: row.source)
        }
    }
}

/// META of a row: what its producer has said of the file, and where it came from.
struct RowMeta: Sendable {
    let row: ClaimedRow
    private let members: [JSON.Member]
    let expectation: BodyExpectation

    /// Members that only the packer may set.
    static let ownKeys: Set = ["source", "source_id", "created_at", "size", "is_external", "external_key", "codec"]

    /// - Throws: ``DESError/Code/invalidArgument`` if the metadata of the row is no object of JSON.
    init(_ row: ClaimedRow) throws(DESError) {
        self.row = row
        let json = try row.meta.map { text throws(DESError) in try JSON(parsing: text) }
        if let json {
            guard case .object(let members) = json else {
                throw DESError(.invalidArgument, "the metadata of the row is no object of JSON")
            }
            self.members = members.filter { !RowMeta.ownKeys.contains($0.key) }
        } else {
            members = []
        }
        expectation = BodyExpectation(json)
    }

    func encode(_ meta: inout MetaEncoder) {
        for member in members { meta.set(member.key, member.value) }
        meta.set("source", row.source)
        if let id = row.sourceID { meta.set("source_id", id) }
        let (seconds, milliseconds) = row.createdAt.quotientAndRemainder(dividingBy: 1_000)
        let time = Timestamp(seconds: seconds, nanoseconds: milliseconds * 1_000_000)
        if row.createdAt >= 0, let text = time.text { meta.set("created_at", text) }
    }
}
