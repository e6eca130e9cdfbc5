internal import DESCore

/// One step of the schema, as it is in the program.
struct Migration: Sendable {
    /// From 1, without gaps.
    let number: Int
    let name: String
    let sql: String

    /// Of its text: a step that was changed after it was done is a fault.
    var checksum: String {
        let digits = String(CRC32C.of(Array(sql.utf8).span.bytes), radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// All of them, in order.
    static func all(_ dialect: Dialect) -> [Migration] {
        let texts: [(name: String, sql: [UInt8])] =
            switch dialect {
            case .postgres:
                [
                    ("catalog", PackageResources.V0001__catalog_postgres_sql),
                    ("packing", PackageResources.V0002__packing_postgres_sql),
                ]
            case .sqlite:
                [
                    ("catalog", PackageResources.V0001__catalog_sqlite_sql),
                    ("packing", PackageResources.V0002__packing_sqlite_sql),
                ]
            }
        return texts.enumerated().map { place, text in
            Migration(number: place + 1, name: text.name, sql: String(decoding: text.sql, as: UTF8.self))
        }
    }
}
