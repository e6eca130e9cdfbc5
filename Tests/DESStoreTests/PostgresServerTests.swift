import Glibc
import TestServers
import Testing

/// PostgreSQL is what tests of a catalog believe it to be.
@Suite struct PostgresServerTests {
    @Test func databasesAreEmptyAndApart() async throws {
        let server = try await PostgresServer.shared
        let (first, second) = (try await server.createDatabase(), try await server.createDatabase())
        #expect(first != second)
        let sql = "CREATE TABLE t (n int, text text); INSERT INTO t VALUES (1, 'é'), (2, NULL); SELECT * FROM t"
        #expect(try await server.query(sql, in: first) == "1|é\n2|")
        #expect(try await server.query("DROP TABLE IF EXISTS u; SELECT to_regclass('t') IS NULL", in: second) == "t")
        let versions = try await server.query("SHOW server_version_num", in: first)
        #expect(try #require(Int(versions)) >= 150_000)
    }

    @Test func aFailedStatementSaysWhyAndUndoesThoseBefore() async throws {
        let server = try await PostgresServer.shared
        let database = try await server.createDatabase()
        let error = await #expect(throws: (any Error).self) {
            _ = try await server.query("CREATE TABLE t (n int); SELECT 1 / 0", in: database)
        }
        #expect("\(try #require(error))".contains("ERROR:  division by zero"))
        #expect(try await server.query("SELECT to_regclass('t') IS NULL", in: database) == "t")
    }

    @Test func connectionsNeedThePassword() async throws {
        let server = try await PostgresServer.shared
        let database = try await server.createDatabase()
        #expect(try await server.select("1", at: server.url(database: database)).output == "1\n")
        let refused = try await server.select("1", at: server.url(database: database, password: "not: this/one@all"))
        #expect(refused.status == PsqlStatus.badConnection && refused.output.contains("password authentication failed"))
        _ = try await server.query("CREATE ROLE \"a user\" LOGIN PASSWORD 'p:/@%é'", in: database)
        let url = server.url(database: database, user: "a user", password: "p:/@%é")
        #expect(try await server.select("current_user", at: url).output == "a user\n")
    }

    @Test func settingsAreThoseOfTheTest() async throws {
        let server = try await PostgresServer(fsync: true, settings: ["max_connections": "7"])
        defer { server.stop() }
        let sql = ["fsync", "synchronous_commit", "max_connections", "listen_addresses"].map {
            "SELECT current_setting('\($0)')"
        }
        #expect(try await server.query(sql.joined(separator: ";"), in: "postgres") == "on\non\n7\n127.0.0.1")
        await #expect(throws: (any Error).self) {
            _ = try await PostgresServer(settings: ["max_connections": "many"])
        }
    }

    @Test func whatIsCommittedSurvivesAnImmediateRestart() async throws {
        let server = try await PostgresServer()
        defer { server.stop() }
        let (database, pid) = (try await server.createDatabase(), try server.pid)
        _ = try await server.query("CREATE TABLE t (n int)", in: database)
        for count in 1...3 {
            _ = try await server.query("INSERT INTO t VALUES (\(count))", in: database)
            // Also when it is stopped.
            if count == 3 { try server.daemon.send(SIGSTOP) }
            try await server.restartImmediately()
            #expect(try await server.query("SELECT count(*) FROM t", in: database) == "\(count)")
        }
        #expect(try server.pid != pid)
        #expect(server.daemon.output.contains("database system was not properly shut down"))
        #expect(try await server.select("1", at: server.url(database: database)).output == "1\n")
    }

    @Test(arguments: [false, true]) func anEndedServerLeavesNothing(isKilled: Bool) async throws {
        let server = try await PostgresServer()
        let pid = try server.pid
        let session = try #require(pid_t(try await server.query("SELECT pg_backend_pid()", in: "postgres")))
        #expect(sharedMemory(of: pid) == 1)
        let children = Program.contents(of: "/proc/\(pid)/task/\(pid)/children").split(separator: " ")
        let processes = [pid, session] + children.compactMap { pid_t($0) }
        #expect(processes.count > 4)
        if isKilled {
            server.daemon.kill()
            // Nobody tells when another's children are gone, so this looks again and again.
            let end = ContinuousClock.now + .seconds(60)
            while processes.contains(where: isRunning) || sharedMemory(of: pid) > 0,
                ContinuousClock.now < end
            {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        server.stop()
        for process in processes { #expect(!isRunning(process), "process \(process) is still there") }
        #expect(sharedMemory(of: pid) == 0)
        #expect(access(server.socketDirectory, F_OK) != 0)
    }

    /// Whether a process is there that has not ended; one may have that nobody has asked for its status yet.
    private func isRunning(_ pid: pid_t) -> Bool {
        let status = Program.contents(of: "/proc/\(pid)/status").split(separator: "\n")
        return status.contains { $0.hasPrefix("State:") && !$0.contains("Z (zombie)") }
    }

    /// How many segments there are that this process has made.
    private func sharedMemory(of pid: pid_t) -> Int {
        Program.contents(of: "/proc/sysvipc/shm").split(separator: "\n").count { line in
            line.split(separator: " ").dropFirst(4).first == "\(pid)"
        }
    }
}

extension PostgresServer {
    /// Evaluates an expression through TCP.
    func select(_ expression: String, at url: String) async throws -> Program.Result {
        try await Program.run("psql", ["-X", "-q", "-A", "-t", "-w", "-c", "SELECT \(expression)", url])
    }
}

/// Exit statuses of psql(1).
enum PsqlStatus {
    static let badConnection: Int32 = 2
}
