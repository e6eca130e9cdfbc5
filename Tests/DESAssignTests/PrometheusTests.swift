import DESCore
import TestServers
import Testing

@Suite("The assignment service and Prometheus")
struct PrometheusTests {
    @Test("Prometheus scrapes the service, and its series say what was done")
    func scraped() async throws {
        let server = try await AssignServer(nodes: "7")
        try await server.wait(for: 200, at: "/readyz")
        for _ in 0..<3 { _ = try await server.ask("POST", "/assign", body: "{}") }
        _ = try await server.ask("POST", "/assign/batch", body: #"{"count":1000}"#)
        _ = try await server.ask("POST", "/assign", body: "no JSON")
        _ = try await server.ask("GET", "/nothing/\(server.port)")
        let prometheus = try await PrometheusServer(scraping: "127.0.0.1:\(server.port)")
        for (query, value) in [
            ("up{job=\"target\"}", 1), ("des_assign_names_issued_total", 1_003), ("des_assign_nodes_held", 1),
            ("des_assign_generator_waits_total", 1), ("des_assign_clock_steps_total", 0),
            (#"des_http_requests_total{route="/assign",status="2xx"}"#, 3),
            (#"des_http_requests_total{route="/assign",status="4xx"}"#, 1),
            (#"des_http_requests_total{route="/assign/batch",status="2xx"}"#, 1),
            (#"des_http_requests_total{route="unknown",status="4xx"}"#, 1),
            (#"des_http_request_duration_seconds_count{route="/assign"}"#, 4),
            (#"count(des_build_info{program="des-assign"})"#, 1),
        ] as [(String, Double)] {
            let samples = try await prometheus.wait(for: query)
            #expect(samples.map(\.value) == [value], "\(query)")
        }
    }

    @Test("whatever clients send makes no new series, and promtool finds nothing wrong")
    func noNewSeries() async throws {
        let server = try await AssignServer()
        func series() async throws -> [Substring] {
            try await server.ask("GET", "/metrics").text.split(separator: "\n").map { $0.prefix { $0 != " " } }
        }
        let before = try await series()
        for number in 0..<50 {
            _ = try await server.ask("GET", "/x\(number)", [("X-Request-Id", "id-\(number)")])
            _ = try await server.ask("GET", "/names/\(number)")
            _ = try await server.ask("PUT", "/assign")
        }
        #expect(try await series() == before)
        let (curl, promtool) = (try Toolbox.path(of: "curl"), try Toolbox.path(of: "promtool"))
        let report = try await Program.run(
            "sh", ["-c", "\(curl) -fsS --noproxy '*' 127.0.0.1:\(server.port)/metrics | \(promtool) check metrics"])
        #expect(report.status == 0 && report.output.isEmpty, "\(report)")
    }
}
