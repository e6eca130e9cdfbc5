@testable import DESCore
import TestServers

@testable import DESCatalog

/// The databases that a catalog can be in: every test of the contract runs on both.
enum Database: CaseIterable {
    case postgres
    case sqlite

    /// A catalog without tables.
    func empty() async throws -> TestCatalog {
        switch self {
        case .postgres:
            let server = try await PostgresServer.shared
            return TestCatalog(postgres: server.url(database: try await server.createDatabase()))
        case .sqlite:
            let path = "\(try TemporaryRoot.shared.directory())/catalog.db"
            try SQLiteFile.make(path)
            return TestCatalog(SQLiteCatalog(path: path))
        }
    }

    /// A catalog with its tables.
    func catalog() async throws -> TestCatalog {
        let made = try await empty()
        _ = try await made.catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept)
        return made
    }
}

/// A catalog of a test's own, and what a test may look at in it.
struct TestCatalog: Sendable {
    let catalog: any SQLCatalog
    /// Of its database in PostgreSQL.
    let address: String

    static let layout = DeploymentLayout(shardBits: .standard, namePrefix: .standard, keyPrefix: "")

    /// Refuses other layouts.
    static func accept(_ layout: DeploymentLayout) throws {
        guard layout == TestCatalog.layout else { throw DatabaseError(.setup, "it has \(layout)") }
    }

    init(_ catalog: any SQLCatalog) { (self.catalog, address) = (catalog, "") }

    init(postgres address: String, source: SourceTable? = nil, connectionsMax: Int = 4) {
        var options = PostgresOptions()
        options.address = address
        self.address = address
        catalog = PostgresCatalog(options, connectionsMax: connectionsMax, source: source, letterTable: nil)
    }

    var dialect: Dialect { catalog.dialect }

    /// Runs a statement.
    @discardableResult
    func run(_ sql: String, _ values: [SQLValue] = []) async throws -> [[String?]] {
        let columns = try await catalog.pool.run { session -> [[String?]] in
            let rows = try session.run(sql, values)
            return (0..<rows.count).map { row in (0..<rows.columnCount).map { rows.text(row, $0) } }
        }
        return columns
    }

    /// The only value of a statement.
    func value(_ sql: String) async throws -> String? { try await run(sql).first?.first ?? nil }

    /// Queues files `file-1` to `file-count`.
    func enqueue(_ count: Int, prefix: String = "file") async throws {
        let files = (1...count).map { NewFile(source: "\(prefix)-\($0)", size: $0) }
        _ = try await catalog.enqueue(files, from: "test", ImportProgress(position: "", rowCount: count))
    }

    /// Marks one batch with names of this test.
    @discardableResult
    func mark(
        _ count: Int, _ names: inout TestNames, after cursor: MarkCursor? = nil, _ order: MarkOrder = .atOnce
    ) async throws -> MarkedBatch {
        try await catalog.mark(names.next(count), after: cursor, order)
    }
}

extension MarkOrder {
    /// Rows are marked as they come, and tried again at once.
    static var atOnce: MarkOrder {
        var order = MarkOrder()
        order.minimumAge = .zero
        return order
    }
}

/// Names without a generator: each once.
struct TestNames {
    private var count = 0
    static let day = CalendarDay(ofName: 1_769_850_000_000)
    var day: CalendarDay? = TestNames.day
    /// Of all of them, if they are not to come from their names.
    var shard: Int?

    mutating func next(_ wanted: Int) -> NameBatch {
        var batch = NameBatch()
        for _ in 0..<wanted {
            guard let day, let value = NameValue(bits: UInt64(count)) else { break }
            let name = DESName(prefix: .standard, day: day, value: value).description
            batch.append(name, shard: shard ?? ShardID(of: name, bits: .standard).number, day: day.description)
            count += 1
        }
        return batch
    }
}
