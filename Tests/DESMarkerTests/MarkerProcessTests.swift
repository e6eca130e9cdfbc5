import Glibc
import TestServers
import Testing

/// Many markers, and what happens to them: each row is marked once.
// One after the other: each is a load of its own.
@Suite("Markers as processes", .serialized) struct MarkerProcessTests {
    /// Would fail with two workers on one row, a batch that is done twice, or names that come twice.
    @Test("8 markers on 200,000 rows: each row has a name of its own, and each was marked once")
    func manyMarkers() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(200_000)
        var markers: [Marker] = []
        for _ in 0..<8 { markers.append(try await catalog.marker("marker.batch-size=1000")) }
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(200_000)
        var counts: [Double] = []
        for marker in markers { counts.append(try await marker.metric("des_marker_entries_marked_total") ?? 0) }
        #expect(counts.reduce(0, +) == 200_000, "\(counts)")
        for marker in markers { try marker.daemon.send(SIGTERM) }
        for marker in markers { #expect(try await marker.daemon.ending() == 0) }
        // All have given their node ids back.
        #expect(try await catalog.query("SELECT count(*) FROM des_node_leases WHERE holder IS NOT NULL") == "0")
    }

    /// Would fail if a batch were marked in more than one transaction, or a name of a batch that may have been committed were
    /// used again.
    @Test("markers are killed until all is done: each row has a name of its own")
    func killedMarkers() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(20_000)
        // Slow enough that there are some to kill.
        var markers: [Marker] = []
        for _ in 0..<3 {
            markers.append(try await catalog.marker("marker.batch-size=250", "marker.rate-limit=500"))
        }
        var killedCount = 0
        var generator = SeededGenerator(seed: 7)
        while try await catalog.query("SELECT count(*) FROM des_queue WHERE status = 'new'") != "0" {
            let victim = Int.random(in: 0..<markers.count, using: &generator)
            let before = try await catalog.query("SELECT count(*) FROM des_queue WHERE status = 'marked'")
            markers[victim].daemon.kill()
            killedCount += 1
            markers[victim] = try await catalog.marker("marker.batch-size=250", "marker.rate-limit=500")
            // The others, or the new one, have gone on.
            let isFurther = "SELECT count(*) > \(before) OR NOT EXISTS (SELECT FROM des_queue WHERE status = 'new')"
            try await catalog.wait(for: "\(isFurther) FROM des_queue WHERE status = 'marked'", "t")
        }
        #expect(killedCount > 1)
        try await catalog.expectAllMarked(20_000)
    }

    @Test("the server is restarted in mid-batch, again and again: nothing is lost, and no marker ends")
    func restartedServer() async throws {
        let server = try await PostgresServer()
        defer { server.stop() }
        let catalog = try await MarkedCatalog(server)
        try await catalog.enqueue(30_000)
        var markers: [Marker] = []
        for _ in 0..<2 {
            markers.append(try await catalog.marker("marker.batch-size=500", "marker.rate-limit=3000"))
        }
        for count in 1...3 {
            try await catalog.wait(
                for: "SELECT count(*) > \(count * 5_000) FROM des_queue WHERE status = 'marked'", "t")
            try await server.restartImmediately()
        }
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(30_000)
        for marker in markers {
            try marker.daemon.send(SIGTERM)
            #expect(try await marker.daemon.ending() == 0)
            #expect(!marker.logged("marker.failed").isEmpty)
        }
    }

    /// At every message that passes between marker and server, from the first of a new connection to the last of a batch.
    @Test("the connection is cut after every message in turn: each row is marked once")
    func cutConnections() async throws {
        let catalog = try await MarkedCatalog()
        let proxy = try PostgresProxy(for: catalog.server.port)
        defer { proxy.stop() }
        let marker = try await catalog.marker(
            "marker.batch-size=10", "marker.retry-base=1", "marker.retries-max=0", port: proxy.port)
        var total = 0
        for count in 1...60 {
            // One of them cannot be marked, which is a statement of its own.
            try await catalog.query(
                """
                INSERT INTO des_queue (source, size)
                SELECT 'file-\(count)-' || n, CASE n WHEN 26 THEN -1 END FROM generate_series(1, 26) AS n
                """)
            total += 25
            proxy.cut(after: count)
            try await catalog.waitUntilMarked()
        }
        #expect(marker.logged("marker.failed").count > 10)
        try await catalog.expectAllMarked(total)
        try marker.daemon.send(SIGTERM)
        #expect(try await marker.daemon.ending() == 0)
    }

    /// A snapshot that is held keeps every dead row of the queue: a marker that begins at the start of the queue for each batch
    /// would walk through all of them, again and again.
    @Test("an old transaction elsewhere does not stall marking")
    func oldSnapshot() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(40_000)
        let holder = try await catalog.holdSnapshot()
        let marker = try await catalog.marker("marker.batch-size=100", "marker.interval=1h")
        // Without a look at the index that is watched.
        try await catalog.wait(for: "SELECT count(*) FROM des_queue WHERE name IS NOT NULL", "40000")
        try await catalog.expectAllMarked(40_000)
        // Each batch reads the index entries of its rows, and not those of the batches before it: 400 batches would read eight
        // million.
        try marker.daemon.send(SIGTERM)
        #expect(try await marker.daemon.ending() == 0)
        let read = """
            SELECT idx_tup_read < 400000 FROM pg_stat_user_indexes WHERE indexrelname = 'des_queue_new'
            """
        try await catalog.wait(for: read, "t")
        try await holder.end()
    }

    @Test("SIGTERM finishes the batch under way and gives the node id back; a second marker goes on at once")
    func gracefulEnd() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(20_000)
        let first = try await catalog.marker("marker.batch-size=1000", "marker.rate-limit=5000")
        try await catalog.wait(for: "SELECT count(*) > 0 FROM des_queue WHERE status = 'marked'", "t")
        try first.daemon.send(SIGTERM)
        #expect(try await first.daemon.ending() == 0)
        #expect(!first.logged("marker.released").isEmpty)
        let marked = try await catalog.query("SELECT count(*) % 1000 FROM des_queue WHERE status = 'marked'")
        #expect(marked == "0", "a batch was cut")
        #expect(try await catalog.query("SELECT count(*) FROM des_node_leases WHERE holder IS NOT NULL") == "0")
        let second = try await catalog.marker()
        try await catalog.waitUntilMarked()
        try await catalog.expectAllMarked(20_000)
        withExtendedLifetime(second) {}
    }
}
