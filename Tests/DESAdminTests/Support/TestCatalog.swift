import TestServers
import Testing

/// An empty database of one test, and `des-admin` for it.
struct TestCatalog {
    /// In which database it is.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case postgres, sqlite
        var testDescription: String { rawValue }
    }

    let kind: Kind
    /// For `--database`.
    let url: String
    let directory: TemporaryDirectory
    /// On the server; the path of the file.
    private let database: String

    init(_ kind: Kind) async throws {
        directory = try TemporaryDirectory()
        self.kind = kind
        switch kind {
        case .postgres:
            let server = try await PostgresServer.shared
            database = try await server.createDatabase()
            url = server.url(database: database)
        case .sqlite:
            database = directory["state/catalog.db"]
            url = "sqlite:\(database)"
        }
    }

    /// One with its tables.
    static func migrated(_ kind: Kind, _ arguments: String...) async throws -> TestCatalog {
        let catalog = try await TestCatalog(kind)
        let result = try catalog.command(["migrate"] + arguments).run()
        try #require(result.status == 0, "\(result)")
        return catalog
    }

    /// The file of a SQLite database.
    var path: String { database }

    func command(_ arguments: [String], input: [UInt8] = []) -> Command {
        var command = Command(program: Toolbox.built("des-admin"), arguments: arguments, input: input)
        command.directory = directory.path
        // Secrets do not belong on a command line.
        command.environment = ["DES_CATALOG_URL": url, "HOME": directory.path]
        return command
    }

    func run(_ arguments: String..., input: String = "") throws -> Command.Result {
        try command(arguments, input: Array(input.utf8)).run()
    }

    /// Runs SQL: the rows, a line each, `|` between columns.
    func query(_ sql: String) async throws -> String {
        switch kind {
        case .postgres: return try await PostgresServer.shared.query(sql, in: database)
        case .sqlite:
            // Python's, as it comes with it: the shell of SQLite is a package of its own.
            let script = """
                import sqlite3, sys
                connection = sqlite3.connect(sys.argv[1], isolation_level=None)
                for row in connection.execute(sys.argv[2]):
                    print("|".join("" if value is None else str(value) for value in row))
                """
            let output = try await Program.check("python3", ["-c", script, database, sql])
            return output.last == "\n" ? String(output.dropLast()) : output
        }
    }

    /// How many rows a table has.
    func count(_ table: String) async throws -> Int? { Int(try await query("SELECT count(*) FROM \(table)")) }
}
