import TestServers
import Testing

@Suite("What a marker shows") struct MarkerMetricsTests {
    @Test("Prometheus scrapes a marker, its series say what was done, and promtool finds nothing wrong")
    func scraped() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(50)
        try await catalog.query("UPDATE des_queue SET size = -1 WHERE size <= 3")
        let marker = try await catalog.marker("marker.retries-max=0", "marker.check-interval=100ms")
        try await catalog.wait(for: "SELECT count(*) FROM des_dead_letters", "3")
        try await catalog.waitUntilMarked()
        let prometheus = try await PrometheusServer(scraping: "127.0.0.1:\(marker.port)")
        for (query, value) in [
            (#"des_marker_entries_marked_total{status="success"}"#, 47), ("des_marker_dlq_entries_total", 3),
            ("des_marker_retries_total", 0), ("des_marker_backlog_entries", 0), ("des_marker_nodes_held", 1),
            ("des_marker_database_up", 1), ("des_marker_batch_size", 100),
            (#"des_marker_errors_total{error_type="transient"}"#, 0),
            ("des_marker_batch_duration_seconds_count > bool 0", 1),
            ("abs(des_marker_clock_offset_seconds) < bool 60", 1),
            (#"count(des_build_info{program="des-marker"})"#, 1),
        ] as [(String, Double)] {
            let samples = try await prometheus.wait(for: query)
            #expect(samples.map(\.value) == [value], "\(query)")
        }
        let (curl, promtool) = (try Toolbox.path(of: "curl"), try Toolbox.path(of: "promtool"))
        let report = try await Program.run(
            "sh", ["-c", "\(curl) -fsS --noproxy '*' 127.0.0.1:\(marker.port)/metrics | \(promtool) check metrics"])
        #expect(report.status == 0 && report.output.isEmpty, "\(report)")
    }

    @Test("what waits is counted, with the age of the oldest")
    func backlog() async throws {
        let catalog = try await MarkedCatalog()
        try await catalog.enqueue(40)
        // Nothing can be marked, and counting goes on.
        let holder = try await catalog.hold("SELECT 1 FROM des_queue FOR UPDATE")
        let marker = try await catalog.marker("marker.check-interval=100ms")
        let prometheus = try await PrometheusServer(scraping: "127.0.0.1:\(marker.port)")
        for (query, value) in [
            ("des_marker_backlog_entries", 40.0), ("des_marker_oldest_pending_age_seconds > bool 3599", 1),
        ] {
            #expect(try await prometheus.wait(for: query).map(\.value) == [value], "\(query)")
        }
        try await holder.end()
        try await catalog.waitUntilMarked()
    }
}
