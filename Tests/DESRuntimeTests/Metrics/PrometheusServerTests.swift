import TestServers
import Testing

/// The server that judges our metrics, judged by its own.
@Suite("Prometheus")
struct PrometheusServerTests {
    @Test("it scrapes itself, again and again, and says what it found")
    func itself() async throws {
        let server = try await PrometheusServer()
        let up = try await server.wait(for: "up")
        #expect(up.count == 1)
        #expect(up[0].value == 1)
        #expect(
            up[0].labels == ["__name__": "up", "instance": "127.0.0.1:\(server.port)", "job": "target"])
        // Two scrapes that differ: a server that scrapes once only has no second sample to see a change in.
        let name = "prometheus_tsdb_head_samples_appended_total"
        let grown = try await server.wait(for: "increase(\(name)[1m]) > 0")
        #expect(grown.count == 1 && grown[0].value > 0)
    }

    @Test("numbers without labels, and those that no integer is, are results too")
    func scalars() async throws {
        let server = try await PrometheusServer()
        #expect(try await server.wait(for: "1 + 1.5") == [PrometheusServer.Sample(value: 2.5)])
        #expect(try await server.wait(for: "vector(1) / 0").first?.value == .infinity)
    }

    @Test("an expression without a result is waited for no longer than asked, and what went wrong is said")
    func patience() async throws {
        let port = try Loopback.freePort()
        let server = try await PrometheusServer(scraping: "127.0.0.1:\(port)")
        #expect(try await server.wait(for: "up == 0").first?.labels["instance"] == "127.0.0.1:\(port)")
        let error = try await #require(throws: (any Error).self) {
            try await server.wait(for: "there_is_no_such_metric", seconds: 0)
        }
        #expect("\(error)".contains("no result") && "\(error)".contains("connection refused"))
    }

    @Test("what is no PromQL is refused at once")
    func noPromQL() async throws {
        let server = try await PrometheusServer()
        _ = try await server.wait(for: "vector(1)")
        let error = try await #require(throws: (any Error).self) { try await server.wait(for: "sum(") }
        #expect("\(error)".contains("bad_data"))
    }
}
