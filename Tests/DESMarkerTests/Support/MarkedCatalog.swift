import DESCatalog
import DESCore
import DESRuntime
import TestServers
import Testing

/// A database in PostgreSQL with a catalog, markers that work on it as processes of their own, and what they have done.
final class MarkedCatalog: Sendable {
    let server: PostgresServer
    let database: String
    let catalog: any Catalog

    /// A catalog of its own.
    init(_ server: PostgresServer) async throws {
        self.server = server
        database = try await server.createDatabase()
        let configuration = try Configuration(
            CatalogConfiguration.settings + Settings.layout,
            flags: [Settings.catalogURL.key: (flag: "--database", text: server.url(database: database))])
        catalog = try CatalogConfiguration(configuration).open(applicationName: "test")
        _ = try await catalog.migrate(
            DeploymentLayout(shardBits: .standard, namePrefix: .standard, keyPrefix: ""), accepting: { _ in })
    }

    convenience init() async throws { try await self.init(PostgresServer.shared) }

    /// Runs SQL.
    @discardableResult
    func query(_ sql: String) async throws -> String { try await server.query(sql, in: database) }

    /// Rows that wait.
    func enqueue(_ count: Int) async throws {
        try await query(
            """
            INSERT INTO des_queue (source, size, created_at)
            SELECT 's3://bucket/' || n, n, now() - interval '1 hour' FROM generate_series(1, \(count)) AS n
            """)
    }

    /// A marker that listens.
    /// - Parameters:
    ///   - settings: besides those that make it quick.
    ///   - port: of the database: a proxy's.
    func marker(
        _ settings: String..., port: UInt16? = nil, user: String = "postgres", password: String? = nil,
        environment: [String: String] = [:]
    ) async throws -> Marker {
        try await Marker(
            database: server.url(database: database, user: user, password: password, port: port)
                + "?sslmode=disable&gssencmode=disable", settings: settings, environment: environment)
    }

    /// Waits until no row is left to be marked.
    func waitUntilMarked() async throws {
        try await wait(for: "SELECT count(*) FROM des_queue WHERE status = 'new'", "0")
    }

    /// Waits until a query has this answer.
    /// - Throws: after two minutes.
    func wait(for sql: String, _ answer: String) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while case let found = try? await query(sql), found != answer {
            guard ContinuousClock.now < end else { throw TestFailure("\(sql): \(found ?? "no answer"), not \(answer)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Each of `count` rows has a name that no other has, and the shard and day of that name.
    func expectAllMarked(_ count: Int) async throws {
        let rows = try await query(
            "SELECT name, shard, day FROM des_queue WHERE status = 'marked' AND attempts = 0 ORDER BY id")
        let lines = rows.split(separator: "\n").map { $0.split(separator: "|") }
        #expect(lines.count == count)
        #expect(Set(lines.map { $0[0] }).count == count)
        let wrong = lines.filter { line in
            guard let name = try? DESName(String(line[0])) else { return true }
            return "\(name.shard(bits: .standard).number)" != line[1] || name.day.description != line[2]
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(3))")
    }
}

/// `des-marker` as a process of its own.
typealias Marker = ServiceProcess

extension ServiceProcess {
    /// Starts a marker that is quick, and waits until it listens.
    convenience init(
        database: String, settings: [String], environment: [String: String] = [:], program: [String] = []
    ) async throws {
        let quick = ["marker.minimum-age=0s", "marker.interval=100ms", "service.drain-delay=0s"]
        try await self.init(
            "des-marker", ["--database", database], settings: quick + settings, environment: environment,
            startedBy: program)
    }
}

/// Why a test cannot go on.
struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
