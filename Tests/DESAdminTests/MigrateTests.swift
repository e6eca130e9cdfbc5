import Glibc
import TestServers
import Testing

@Suite("des migrate")
struct MigrateTests {
    @Test("makes the tables once, and says what it has done", arguments: TestCatalog.Kind.allCases)
    func twice(kind: TestCatalog.Kind) async throws {
        let catalog = try await TestCatalog(kind)
        let first = try catalog.run("migrate")
        #expect(first.status == 0 && first.lines == ["1 catalog", "2 packing"] && first.errors.isEmpty, "\(first)")
        #expect(try await catalog.count("des_queue") == 0)
        let second = try catalog.run("migrate")
        #expect(second.status == 0 && second.output.isEmpty && second.errors == "nothing to do\n", "\(second)")
        #expect(try await catalog.count("des_migrations") == 2)
    }

    @Test("--dry-run says what there is to do and changes nothing", arguments: TestCatalog.Kind.allCases)
    func dryRun(kind: TestCatalog.Kind) async throws {
        let catalog = try await TestCatalog(kind)
        let result = try catalog.run("migrate", "--dry-run")
        #expect(result.status == 0 && result.lines == ["1 catalog", "2 packing"], "\(result)")
        switch kind {
        case .postgres:
            let tables = "SELECT count(*) FROM pg_class WHERE relname LIKE 'des%'"
            #expect(try await catalog.query(tables) == "0")
        case .sqlite: #expect(try Files.names(in: catalog.directory.path).isEmpty)
        }
        #expect(try catalog.run("migrate").lines == ["1 catalog", "2 packing"])
        #expect(try catalog.run("migrate", "--dry-run").errors == "nothing to do\n")
    }

    @Test("the directory of a SQLite database is made for its owner alone")
    func directory() async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let status = try #require(Files.status(catalog.directory["state"]))
        #expect(status.st_mode & 0o7777 == 0o700)
    }

    @Test("what the deployment agreed on stays, also when nobody says it again", arguments: TestCatalog.Kind.allCases)
    func layout(kind: TestCatalog.Kind) async throws {
        let catalog = try await TestCatalog.migrated(kind, "--set", "names.shard-bits=10")
        #expect(try catalog.run("migrate").status == 0)
        #expect(try catalog.run("catalog", "status").status == 0)
        for verb in [["migrate"], ["catalog", "status"]] {
            let result = try catalog.command(verb + ["--set", "names.shard-bits=8"]).run()
            #expect(result.status == 78 && result.errors.contains("names.shard-bits"), "\(result)")
        }
        #expect(try await catalog.query("SELECT shard_bits FROM des_layout") == "10")
    }

    @Test("a database without a catalog is said to be one, with what to do", arguments: TestCatalog.Kind.allCases)
    func unmigrated(kind: TestCatalog.Kind) async throws {
        let catalog = try await TestCatalog(kind)
        for verb in [["catalog", "status"], ["catalog", "find", "x"], ["dead-letters", "ls"]] {
            let result = try catalog.command(verb).run()
            #expect(result.status == 78 && result.errors.contains("`des migrate`"), "\(result)")
            #expect(result.errors.hasPrefix("des-admin: "))
        }
        if kind == .sqlite { #expect(!Files.exists(catalog.path), "asking made a file") }
    }

    @Test("a wrong password is a wrong configuration, and is not shown; neither is the right one")
    func password() async throws {
        let server = try await PostgresServer.shared
        let catalog = try await TestCatalog.migrated(.postgres)
        var command = catalog.command(["catalog", "status"])
        command.environment["DES_CATALOG_URL"] = server.url(database: "postgres", password: "wrong-secret")
        let result = try command.run()
        #expect(result.status == 78 && result.errors.contains("password authentication failed"), "\(result)")
        #expect(result.errors.contains("127.0.0.1:\(server.port)/postgres"), "\(result)")
        #expect(!result.errors.contains("wrong-secret"))
        let printed = try catalog.run("catalog", "status", "--print-config")
        #expect(printed.status == 0 && printed.text.contains("url: (not shown)"), "\(printed)")
        #expect(!printed.text.contains(server.password))
    }

    @Test("a server that is not there is unavailable")
    func unavailable() async throws {
        let catalog = try await TestCatalog(.sqlite)
        let port = try Loopback.freePort()
        let result = try catalog.run("catalog", "status", "--database", "postgresql://127.0.0.1:\(port)/x")
        #expect(result.status == 12 && result.errors.contains("127.0.0.1:\(port)/x: "), "\(result)")
    }

    @Test("all wrong settings are reported at once")
    func configuration() async throws {
        let catalog = try await TestCatalog(.sqlite)
        let result = try catalog.run("migrate", "--set", "names.shard-bits=99", "--set", "no.such=1", "--set", "x")
        #expect(result.status == 78 && result.errors.split(separator: "\n").count == 3, "\(result)")
        #expect(result.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("des-admin: --set ") })
    }
}
