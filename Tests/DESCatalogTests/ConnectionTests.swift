import DESCore
import Glibc
import TestServers
import Testing

@testable import DESCatalog

/// Connections to PostgreSQL: how they are made, lost and shared.
@Suite struct ConnectionTests {
    @Test func encryptionIsCheckedAsFarAsTheAddressSays() async throws {
        let server = try await PostgresServer(isEncrypted: true)
        defer { server.stop() }
        let certificate = server.certificate
        let address = "postgresql://postgres:\(server.password)@localhost:\(server.port)/postgres"
        func encrypted(_ query: String) async throws -> String? {
            try await TestCatalog(postgres: address + query).value(
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        }
        #expect(try await encrypted("?sslmode=disable") == "f")
        #expect(try await encrypted("?sslmode=verify-full&sslrootcert=\(certificate)") == "t")
        // Another name than that of the certificate, and nobody who vouches for it.
        let other = TestCatalog(
            postgres: server.url(database: "postgres") + "?sslmode=verify-full&sslrootcert=\(certificate)")
        await #expect { try await other.value("SELECT 1") } throws: { ($0 as? DatabaseError)?.kind == .setup }
        await #expect { try await encrypted("?sslmode=verify-full&sslrootcert=/nowhere") } throws: {
            ($0 as? DatabaseError)?.kind == .setup
        }
    }

    /// Blocking calls run on threads of their own: more of them than the cooperative pool has threads.
    @Test func connectionsWaitForTheirTurnAndStopNobody() async throws {
        let server = try await PostgresServer.shared
        let url = server.url(database: try await server.createDatabase())
        let (test, observer) = (
            TestCatalog(postgres: url, connectionsMax: 3), TestCatalog(postgres: url, connectionsMax: 1)
        )
        let most =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<24 { group.addTask { _ = try await test.value("SELECT pg_sleep(0.05)") } }
            // The pool of tasks is free meanwhile.
            var count = 0
            while count < 3 { count = Int(try await observer.value(most) ?? "") ?? 0 }
            #expect(count == 3)
            try await group.waitForAll()
        }
        #expect(try await observer.value(most) == "3")
    }

    @Test func aLostConnectionIsReplacedAndWhatWasLostIsSaid() async throws {
        let server = try await PostgresServer.shared
        let database = try await server.createDatabase()
        let test = TestCatalog(postgres: server.url(database: database), connectionsMax: 1)
        let pid = try #require(try await test.value("SELECT pg_backend_pid()"))
        _ = try await server.query("SELECT pg_terminate_backend(\(pid))", in: database)
        await #expect { try await test.value("SELECT 1") } throws: { ($0 as? DatabaseError)?.kind == .disconnected }
        #expect(try await test.value("SELECT pg_backend_pid()") != pid)
        // A transaction that fails leaves a connection that can be used.
        await #expect { try await test.catalog.pool.transaction { _ = try $0.run("SELECT 1 / 0") } } throws: {
            ($0 as? DatabaseError)?.kind == .row && ($0 as? DatabaseError)?.sqlState == "22012"
        }
        #expect(try await test.value("SELECT 1") == "1")
    }

    @Test func aStatementThatTakesTooLongIsGivenUp() async throws {
        let server = try await PostgresServer.shared
        var options = PostgresOptions()
        options.address = server.url(database: try await server.createDatabase())
        options.statementTimeout = .milliseconds(200)
        let pool = SQLPool(countMax: 1) { [options] in try PostgresSession(options) }
        await #expect { try await pool.run { _ = try $0.run("SELECT pg_sleep(60)") } } throws: {
            ($0 as? DatabaseError)?.kind == .transient
        }
    }

    /// The server is stopped in the middle: it says nothing any more, and nobody waits for it for ever.
    @Test func aServerThatSaysNothingIsGivenUp() async throws {
        let server = try await PostgresServer()
        defer { server.stop() }
        var options = PostgresOptions()
        options.address = server.url(database: "postgres")
        (options.statementTimeout, options.connectTimeout) = (.milliseconds(100), .milliseconds(300))
        let pool = SQLPool(countMax: 1) { [options] in try PostgresSession(options) }
        let pid = try #require(try await pool.run { try $0.run("SELECT pg_backend_pid()").integer(0, 0) })
        kill(pid_t(pid), SIGSTOP)
        try server.daemon.send(SIGSTOP)
        for _ in 0..<2 {
            await #expect { try await pool.run { _ = try $0.run("SELECT 1") } } throws: {
                ($0 as? DatabaseError)?.kind == .disconnected
            }
        }
        kill(pid_t(pid), SIGCONT)
        try server.daemon.send(SIGCONT)
    }

    @Test(
        arguments: [
            ("postgresql://user:se:cret@host:1/db?sslmode=require&password=secret", "postgresql://host:1/db"),
            ("postgresql+asyncpg://user:secret@host/db", "postgresql://host/db"),
            ("postgres:///db", "postgresql:///db"),
            ("host=db password=secret", "postgresql"), ("postgresql://user:secret?pa@host/db", "postgresql://host/db"),
            ("sqlite:///var/lib/des.db", "sqlite:var/lib/des.db"),
            ("sqlite:////var/lib/des.db", "sqlite:/var/lib/des.db"),
            ("sqlite:/var/lib/des.db", "sqlite:/var/lib/des.db"),
            ("sqlite+aiosqlite:///des.db", "sqlite:des.db"),
        ])
    func addressesAreReadAndShownWithoutSecrets(text: String, shown: String) throws {
        let address = try #require(CatalogAddress(text))
        #expect("\(address)" == shown)
        var dumped = ""
        dump(address, to: &dumped)
        #expect(!dumped.contains("secret") && !String(reflecting: address).contains("secret"))
    }

    /// What libpq says about an address it cannot read may be a part of the password.
    @Test(
        arguments: [
            "host=db password=two secrets", "postgresql://user:pa@secret@host/db",
            "postgresql://user:pa/secret@host/db", "postgresql://user:secret/pa@host/db",
            "postgresql://user@host/db?password=a=secret", "postgresql://user:se%zzcret@host/db",
        ])
    func anAddressThatCannotBeReadIsNotShown(text: String) async throws {
        let address = try #require(CatalogAddress(text))
        guard case .postgres(let words) = address else { return }
        await #expect { try await TestCatalog(postgres: words).value("SELECT 1") } throws: { error in
            (error as? DatabaseError)?.kind == .setup && !"\(error)".contains("secret")
        }
        #expect(!"\(address)".contains("secret"))
    }

    @Test(arguments: ["", "db", "mysql://host/db", "sqlite:", "sqlitex:a", "postgresql:/db", "oracle+oracledb://a"])
    func otherAddressesAreRefused(text: String) { #expect(CatalogAddress(text) == nil) }

    @Test func thePlaceWithoutAnAddress() {
        let server = CatalogAddress.standard(Environment(["PGHOST": "db"]), directory: "/state")
        #expect(server == .postgres(""))
        #expect(CatalogAddress.standard(Environment([:]), directory: "/state") == .sqlite(path: "/state/catalog.db"))
        #expect(CatalogAddress.standard(Environment([:]), directory: nil) == nil)
    }

    /// What libpq says before there is a connection.
    @Test(
        arguments: [
            (
                "connection to server at \"h\", port 1 failed: FATAL:  28P01: password authentication failed",
                DatabaseError.Kind.setup
            ),
            (
                "connection to server at \"h\", port 1 failed: FATAL:  53300: sorry, too many clients already",
                .transient
            ),
            (
                "connection to server at \"h\", port 1 failed: FATAL:  57P03: the database system is starting up",
                .disconnected
            ),
            ("connection to server at \"h\", port 1 failed: FATAL:  3D000: database \"x\" does not exist", .setup),
            ("connection to server at \"h\", port 1 failed: Connection refused", .disconnected),
            ("could not translate host name \"h\" to address: Name or service not known", .disconnected),
            ("invalid connection option \"hots\"", .setup),
            ("connection to server at \"h\", port 1 failed: fe_sendauth: no password supplied", .setup),
            ("connection to server at \"h\", port 1 failed: SSL error: certificate verify failed", .setup),
        ])
    func errorsOfConnectingAreTold(text: String, kind: DatabaseError.Kind) {
        #expect(PostgresSession.connectionError(text).kind == kind)
    }
}
