import TestServers
import Testing

/// The proxy counts what psql and the server say to each other, and cuts where it is told to.
@Suite struct PostgresProxyTests {
    /// A database behind a proxy of the test.
    struct Upstream {
        let server: PostgresServer
        let proxy: PostgresProxy
        let database: String

        init() async throws {
            server = try await PostgresServer.shared
            proxy = try PostgresProxy(for: server.port)
            database = try await server.createDatabase()
        }

        /// Runs statements one after the other on one connection through the proxy, and waits for its end.
        /// - Returns: what psql said, and how many messages it took.
        func run(_ statements: String..., sslmode: String = "disable") async throws -> (Program.Result, Int) {
            let before = proxy.messageCount
            let url = server.url(database: database, port: proxy.port) + "?gssencmode=disable&sslmode=\(sslmode)"
            let result = try await Program.run(
                "psql", ["-X", "-q", "-A", "-t", "-w"] + statements.flatMap { ["-c", $0] } + [url])
            try await proxy.waitForConnectionsToEnd()
            return (result, proxy.messageCount - before)
        }
    }

    @Test func messagesAreCountedInBothDirections() async throws {
        let upstream = try await Upstream()
        let (one, count) = try await upstream.run("SELECT 1")
        #expect(one.output == "1\n")
        // Query; RowDescription, DataRow, CommandComplete, ReadyForQuery.
        let (two, countOfTwo) = try await upstream.run("SELECT 1", "SELECT 2")
        #expect(two.output == "1\n2\n" && countOfTwo == count + 5)
        // Far more than one piece, both ways: a message counts once.
        let text = String(repeating: "x", count: 100_000)
        let (large, countOfLarge) = try await upstream.run("SELECT repeat('\(text)', 100)")
        #expect(large.output.utf8.count == 10_000_001 && countOfLarge == count)
        let (many, countOfMany) = try await upstream.run("SELECT generate_series(1, 100000)")
        #expect(many.output.hasSuffix("\n100000\n") && countOfMany == count + 99_999)
        // The request for encryption, and the answer that there is none.
        #expect(try await upstream.run("SELECT 1", sslmode: "prefer").1 == count + 2)
        #expect(!upstream.proxy.hasCut)
    }

    @Test func aConnectionIsCutAfterTheGivenMessageAndNoneAfterItPasses() async throws {
        let upstream = try await Upstream()
        _ = try await upstream.run("CREATE TABLE t (n int)")
        let (all, count) = try await upstream.run("INSERT INTO t VALUES (0)")
        #expect(all.status == 0)
        for number in 1...count {
            upstream.proxy.cut(after: number)
            #expect(!upstream.proxy.hasCut)
            let (result, passed) = try await upstream.run("INSERT INTO t VALUES (\(number))")
            #expect(upstream.proxy.hasCut && passed == number)
            // The last two are ReadyForQuery and Terminate.
            #expect((result.status == 0) == (number >= count - 1), "cut after \(number) of \(count): \(result)")
            #expect(try await upstream.run("SELECT").0.status == 0, "after the cut")
        }

        // Query and CommandComplete come before those two. The session whose Query was the last message may still be at
        // work, and nobody tells when it is not.
        let end = ContinuousClock.now + .seconds(60)
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        while try await upstream.server.query(sessions, in: upstream.database) != "1", ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        let rows = try await upstream.server.query("SELECT n FROM t ORDER BY n", in: upstream.database)
        #expect(rows.split(separator: "\n").map { Int($0) } == [0, count - 3, count - 2, count - 1, count])
    }

    @Test func allConnectionsAreCutAtOnce() async throws {
        let upstream = try await Upstream()
        async let waiting = upstream.run("SELECT pg_sleep(600)")
        let end = ContinuousClock.now + .seconds(60)
        let asleep = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        while try await upstream.server.query("SELECT count(*) \(asleep)", in: upstream.database) != "1",
            ContinuousClock.now < end
        {
            try await Task.sleep(for: .milliseconds(5))
        }
        upstream.proxy.cutAll()
        #expect(try await waiting.0.status == PsqlStatus.badConnection)
        // A session looks for its client only when it has something to say.
        _ = try await upstream.server.query("SELECT pg_terminate_backend(pid) \(asleep)", in: upstream.database)
        #expect(try await upstream.run("SELECT 1").0.output == "1\n")
        #expect(!upstream.proxy.hasCut)
    }

    @Test func connectionsAreRefusedWhileTheyAreToBe() async throws {
        let upstream = try await Upstream()
        upstream.proxy.refuse(true)
        let (refused, count) = try await upstream.run("SELECT 1")
        #expect(refused.status == PsqlStatus.badConnection && count == 0)
        upstream.proxy.refuse(false)
        #expect(try await upstream.run("SELECT 1").0.output == "1\n")
        upstream.proxy.stop()
        #expect(try await upstream.run("SELECT 1").0.output.contains("Connection refused"))
    }

    @Test func withoutAServerConnectionsEnd() async throws {
        let server = try await PostgresServer()
        let proxy = try PostgresProxy(for: server.port)
        server.stop()
        let url = server.url(database: "postgres", port: proxy.port)
        #expect(try await server.select("1", at: url).status == PsqlStatus.badConnection)
    }
}
