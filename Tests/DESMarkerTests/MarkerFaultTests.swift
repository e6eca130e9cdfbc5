import Glibc
import TestServers
import Testing

/// What a database may do to a marker, and what a marker may be told wrongly.
@Suite("Markers and faults", .serialized) struct MarkerFaultTests {
    /// Each of these errors undoes a batch; it is tried again, and no row is lost or given up.
    @Test(
        "deadlocks, serialization failures and lock time-outs are tried again", arguments: ["40P01", "40001", "55P03"])
    func injectedErrors(code: String) async throws {
        let catalog = try await MarkedCatalog()
        // Every third batch fails, as the server would say it.
        try await catalog.query(
            """
            CREATE SEQUENCE batches;
            CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('batches') % 3 <> 0 THEN RAISE EXCEPTION 'injected' USING ERRCODE = '\(code)'; END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER trouble AFTER UPDATE ON des_queue FOR EACH STATEMENT EXECUTE FUNCTION trouble();
            """)
        try await catalog.enqueue(2_000)
        let marker = try await catalog.marker("marker.batch-size=500", "marker.retry-base=1")
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(2_000)
        #expect(try await marker.metric("des_marker_errors_total{error_type=\"transient\"}") ?? 0 >= 4)
    }

    /// A real one: another transaction holds a row that we want, and wants one that we hold.
    @Test("rows that others have locked are left to them, and marked later")
    func lockedRows() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(1_000)
        let holder = try await catalog.hold("SELECT 1 FROM des_queue WHERE size % 2 = 0 FOR UPDATE")
        let marker = try await catalog.marker()
        try await catalog.wait(for: "SELECT count(*) FROM des_queue WHERE status = 'marked'", "500")
        #expect(
            try await catalog.query("SELECT count(*) FROM des_queue WHERE status = 'marked' AND size % 2 = 0") == "0")
        try await holder.end()
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(1_000)
        withExtendedLifetime(marker) {}
    }

    @Test("poison rows are tried again and then given up, once each, and the others are marked")
    func poison() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(1_000)
        try await catalog.query(
            """
            UPDATE des_queue SET meta = '[]' WHERE size % 100 = 0;
            UPDATE des_queue SET source = repeat('k', 2049) || size WHERE size % 100 = 50
            """)
        let marker = try await catalog.marker("marker.retries-max=2", "marker.retry-base=1")
        try await catalog.wait(for: "SELECT count(*) FROM des_dead_letters", "20")
        try await catalog.expectAllMarked(980)
        #expect(try await catalog.query("SELECT count(DISTINCT row_id), min(attempts) FROM des_dead_letters") == "20|3")
        #expect(try await catalog.query("SELECT count(*) FROM des_queue WHERE status = 'failed'") == "20")
        #expect(try await marker.metric("des_marker_dlq_entries_total") == 20)
        #expect(try await marker.metric("des_marker_retries_total") == 40)
    }

    /// The row is told by bisecting: nothing in the error says which it was.
    @Test("a row that the database itself refuses is found, and the others are marked")
    func refusedRow() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.query(
            "ALTER TABLE des_queue ADD CHECK (status <> 'marked' OR size NOT IN (77, 500, 501))")
        try await catalog.enqueue(1_000)
        let marker = try await catalog.marker("marker.batch-size=400", "marker.retries-max=0")
        try await catalog.wait(for: "SELECT count(*) FROM des_dead_letters", "3")
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(997)
        #expect(
            try await catalog.query("SELECT bool_and(reason LIKE '%check constraint%') FROM des_dead_letters") == "t")
        withExtendedLifetime(marker) {}
    }

    /// Names and ages are of the database's time.
    @Test("a marker whose clock is wrong by a day marks what is old enough, with names of the right day")
    func wrongClock() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.query(
            """
            INSERT INTO des_queue (source, created_at)
            SELECT 'file-' || n, now() - n * interval '1 minute' FROM generate_series(1, 100) AS n
            """)
        let library = try Toolbox.path(ofLibrary: "faketime/libfaketimeMT.so.1")
        let marker = try await Marker(
            database: catalog.server.url(database: catalog.database),
            settings: ["marker.minimum-age=30m"],
            environment: [
                "LD_PRELOAD": library, "FAKETIME": "+1d", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
            ],
            // libfaketime adds a variable where it is loaded first, which Swift does not expect: it is loaded into env, and
            // that becomes the marker.
            program: ["/usr/bin/env"])
        try await catalog.wait(for: "SELECT count(*) FROM des_queue WHERE status = 'marked'", "71")
        #expect(
            try await catalog.query(
                "SELECT count(*) FROM des_queue WHERE day BETWEEN current_date - 1 AND current_date")
                == "71")
        #expect(!marker.logged("marker.clock_differs").isEmpty)
        let offset = try #require(try await marker.metric("des_marker_clock_offset_seconds"))
        #expect(offset < -86_000 && offset > -87_000)
    }

    @Test("a lease that somebody else took is noticed, and another one taken: names stay unique")
    func lostLease() async throws {
        let catalog = try await MarkedCatalog()
        let marker = try await catalog.marker("marker.node-ids=3-4")
        try await catalog.enqueue(100)
        try await catalog.waitUntilMarked()
        // As if its time had run out while it was stopped.
        let ceiling = try await catalog.query(
            "UPDATE des_node_leases SET epoch = nextval('des_epochs') WHERE holder IS NOT NULL RETURNING ceiling")
        try await marker.wait(forLogged: "marker.lease_lost")
        try await catalog.query("INSERT INTO des_queue (source) SELECT 'more-' || n FROM generate_series(1, 100) AS n")
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(200)
        #expect(Int(ceiling) ?? 0 > 0)
    }

    @Test("new rows wake a marker that waits")
    func notification() async throws {
        let catalog = try await MarkedCatalog()
        let marker = try await catalog.marker("marker.interval=1h")
        // It listens, and has nothing to do.
        try await catalog.wait(
            for:
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN des_queue'",
            "1")
        for count in 1...3 {
            // Each older than those before it.
            try await catalog.query(
                "INSERT INTO des_queue (source, created_at) VALUES ('file-\(count)', now() - \(count) * interval '1 day')"
            )
            try await catalog.waitUntilMarked()
        }
        try await catalog.expectAllMarked(3)
        try marker.daemon.send(SIGTERM)
        #expect(try await marker.daemon.ending() == 0)
    }

    /// A batch that waits for a lock is not done and not undone: it ends with the connection.
    @Test("a database that hangs does not hold up the end for longer than the time to drain")
    func hungEnd() async throws {
        let catalog = try await MarkedCatalog()
        let marker = try await catalog.marker("service.drain-timeout=100ms", "marker.check-interval=1h")
        let holder = try await catalog.hold("LOCK TABLE des_queue IN ACCESS EXCLUSIVE MODE")
        let waiting = """
            SELECT count(*) > 0 FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'des-marker' AND wait_event_type = 'Lock'
            """
        try await catalog.wait(for: waiting, "t")
        try marker.daemon.send(SIGTERM)
        #expect(try await marker.daemon.ending() == 1)
        #expect(!marker.logged("service.hung").isEmpty)
        try await holder.end()
        try await catalog.enqueue(100)
        let next = try await catalog.marker()
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(100)
        withExtendedLifetime(next) {}
    }

    @Test("a marker that has nothing to do notices that the database is gone, and that it is back")
    func idleOutage() async throws {
        let catalog = try await MarkedCatalog()
        let proxy = try PostgresProxy(for: catalog.server.port)
        defer { proxy.stop() }
        let marker = try await catalog.marker("marker.interval=1h", "marker.check-interval=100ms", port: proxy.port)
        try await marker.wait(for: 200)
        proxy.refuse(true)
        proxy.cutAll()
        try await marker.wait(for: 503)
        #expect(try await marker.metric("des_marker_database_up") == 0)
        proxy.refuse(false)
        try await marker.wait(for: 200)
        #expect(try await marker.metric("des_marker_database_up") == 1)
    }

    /// Rows behind those that are refused are reached, however many these are, and `--once` ends.
    @Test("bad rows in front of good ones, and among them, stop nobody")
    func manyRefusedRows() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.query("ALTER TABLE des_queue ADD CHECK (status <> 'marked' OR size > 300 AND size % 20 <> 0)")
        try await catalog.enqueue(3_000)
        let marker = try await catalog.marker("marker.batch-size=1000", "marker.retries-max=1000")
        let good = try await catalog.query("SELECT count(*) FROM des_queue WHERE size > 300 AND size % 20 <> 0")
        try await catalog.wait(for: "SELECT count(*) FROM des_queue WHERE status = 'marked'", good)
        try marker.daemon.send(SIGTERM)
        #expect(try await marker.daemon.ending() == 0)
    }

    /// All there are is refused, and there are so many that the marker slows down: it comes to the end all the same, and begins
    /// anew.
    @Test("once: when all rows are refused it ends; otherwise it begins again from the start")
    func allRefused() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.query("ALTER TABLE des_queue ADD CHECK (status <> 'marked')")
        try await catalog.enqueue(1_002)
        let settings = ["--set", "marker.minimum-age=0s", "--set", "marker.batch-size=10"]
        let once = try await Daemon(
            Toolbox.built("des-marker"),
            ["--once", "--database", catalog.server.url(database: catalog.database)] + settings)
        #expect(try await once.ending() == 0)
        #expect(try await catalog.query("SELECT min(attempts) FROM des_queue") == "1")
        let marker = try await catalog.marker("marker.batch-size=10", "marker.retries-max=1000")
        try await catalog.wait(for: "SELECT min(attempts) >= 3 FROM des_queue WHERE size <= 5", "t")
        withExtendedLifetime(marker) {}
    }

    /// The names of its batch are in use when the refusal fails.
    @Test("when dead letters cannot be written, no name is used twice, the others are marked, and the reason is said")
    func noDeadLetters() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.query("ALTER TABLE des_dead_letters ADD CHECK (attempts < 0)")
        try await catalog.enqueue(300)
        try await catalog.query("UPDATE des_queue SET meta = '[]' WHERE size = 50")
        let marker = try await catalog.marker("marker.batch-size=100", "marker.retries-max=0", "marker.retry-base=1")
        try await catalog.wait(for: "SELECT count(*) FROM des_queue WHERE status = 'marked'", "299")
        try await catalog.expectAllMarked(299)
        try await marker.wait(for: 503)
        #expect(try await marker.ask("/readyz").text.contains("des_dead_letters"))
    }

    /// A fault of the table, not of its rows: not all of them are given up before somebody can mend it.
    @Test("when row after row is refused, the marker slows down and says so; what is mended in time is marked")
    func refusedTable() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.query(
            """
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF new.status = 'marked' THEN RAISE EXCEPTION 'maintenance until six'; END IF;
                RETURN new;
            END $$;
            CREATE TRIGGER hold BEFORE UPDATE ON des_queue FOR EACH ROW EXECUTE FUNCTION hold()
            """)
        try await catalog.enqueue(3_000)
        let marker = try await catalog.marker("marker.batch-size=100", "marker.retries-max=1000")
        try await marker.wait(for: 503)
        try await catalog.wait(for: "SELECT count(*) >= 1000 FROM des_queue WHERE attempts > 0", "t")
        #expect(try await catalog.query("SELECT count(*) < 2000 FROM des_queue WHERE attempts > 0") == "t")
        try await catalog.query("DROP TRIGGER hold ON des_queue")
        try await catalog.waitUntilMarked()
        #expect(try await catalog.query("SELECT count(DISTINCT name) FROM des_queue WHERE status = 'marked'") == "3000")
        try await marker.wait(for: 200)
    }

    // MARK: What somebody has to mend

    @Test("what somebody has to mend ends a marker that starts, with status 78, the reason, and no password")
    func setupErrors() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.query(
            """
            CREATE TABLE small (id int, created_at timestamptz, des_name text);
            CREATE ROLE reader_\(catalog.database) LOGIN PASSWORD 'sesame';
            GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_\(catalog.database)
            """)
        let url = catalog.server.url(database: catalog.database)
        let reader = catalog.server.url(
            database: catalog.database, user: "reader_\(catalog.database)", password: "sesame")
        let empty = try await catalog.server.createDatabase()
        let cases: [(url: String, settings: [String], words: String)] = [
            (
                catalog.server.url(database: catalog.database, password: "wrong-secret"), [],
                "password authentication failed"
            ),
            (catalog.server.url(database: "nowhere"), [], "database \\\"nowhere\\\" does not exist"),
            (catalog.server.url(database: empty), [], "run `des migrate`"),
            (url, ["source.table=nowhere"], "relation \\\"nowhere\\\" does not exist"),
            (url, ["source.table=small"], "des_hash does not exist"),
            (url, ["source.table=small", "source.columns=id=id,created_at=created_at"], "lack name=COLUMN"),
            (url, ["source.where=true"], "source.table is not"),
            (url, ["names.shard-bits=10"], "names.shard-bits is"),
            (reader, [], "permission denied"),
            ("\(url)?options=-cdefault_transaction_read_only%3Don", [], "read-only"),
            ("mysql://root:wrong-secret@host/db", [], "catalog.url: expected"),
        ]
        for (url, settings, words) in cases {
            let daemon = try await Daemon(
                Toolbox.built("des-marker"),
                ["--database", url, "--listen", "127.0.0.1:0"]
                    + settings.flatMap { ["--set", $0] })
            #expect(try await daemon.ending() == 78, "\(words): \(daemon.output)")
            #expect(daemon.output.contains(words), "\(words): \(daemon.output)")
            for secret in ["wrong-secret", "sesame", catalog.server.password] {
                #expect(!daemon.output.contains(secret), "\(words): \(daemon.output)")
            }
        }
    }

    @Test("a server that is not there yet is waited for, without hammering; the marker is not ready meanwhile")
    func absentServer() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(10)
        let proxy = try PostgresProxy(for: catalog.server.port)
        defer { proxy.stop() }
        proxy.refuse(true)
        let marker = try await catalog.marker(port: proxy.port)
        #expect(try await marker.ask("/readyz").status == 503)
        #expect(try await marker.ask("/livez").status == 200)
        proxy.refuse(false)
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(10)
        try await marker.wait(forLogged: "marker.ready")
        #expect(try await marker.ask("/readyz").status == 200)
        // A table that goes while it runs is no reason to end, but one to wait for.
        try await catalog.query("ALTER TABLE des_queue RENAME TO away")
        try await marker.wait(forLogged: "marker.failed", count: 2)
        #expect(try await marker.ask("/readyz").status == 503)
        try await catalog.query(
            "ALTER TABLE away RENAME TO des_queue; INSERT INTO des_queue (source) VALUES ('one more')")
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(11)
    }
}
