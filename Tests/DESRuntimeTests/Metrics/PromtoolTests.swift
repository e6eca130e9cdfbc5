import CoreMetrics
import DESCore
import TestServers
import Testing

@testable import DESRuntime

/// What Prometheus itself says of our pages.
@Suite("promtool")
struct PromtoolTests {
    /// What `promtool check metrics` says of a page.
    private func check(_ text: String) async throws -> Program.Result {
        let directory = try TemporaryDirectory()
        let page = try directory.write(text.utf8, to: "metrics")
        return try await Program.run(
            "sh", ["-c", #"exec "$0" check metrics <"$1""#, Toolbox.path(of: "promtool"), page])
    }

    @Test("it finds nothing to say about a page with every metric of the catalogue")
    func catalogue() async throws {
        let registry = MetricRegistry()
        let values = ["/assign", "a \"quoted\" \\ value\nof two lines", "", "é😀\t"]
        for metric in MetricCatalog.all {
            for (number, value) in values.enumerated() where number == 0 || !metric.labels.isEmpty {
                let dimensions = metric.labels.map { ($0, value) }
                switch metric.kind {
                case .counter: registry.makeCounter(label: metric.name, dimensions: dimensions).increment(by: 7)
                case .gauge: registry.makeMeter(label: metric.name, dimensions: dimensions).set(1.5)
                case .histogram:
                    let series = registry.makeTimer(label: metric.name, dimensions: dimensions)
                    for nanoseconds in [0, 1_000, 1_000_000, 3_000_000_000, .max] as [Int64] {
                        series.recordNanoseconds(nanoseconds)
                    }
                }
            }
            #expect(registry.text.contains("# TYPE \(metric.name) "))
        }
        let result = try await check(registry.text)
        #expect(result.status == 0 && result.output.isEmpty, "\(result)\n\(registry.text)")
    }

    @Test("it finds nothing to say about numbers of every kind")
    func numbers() async throws {
        let metric = Metric.gauge("g", labels: ["number"], help: "Backslashes \\ and line\nends.")
        let registry = MetricRegistry([metric])
        for (number, value) in [Double.nan, .infinity, -.infinity, 1e300, -5e-300, 0.1, 1e15].enumerated() {
            metric.gauge("\(number)", in: registry).record(value)
        }
        let result = try await check(registry.text)
        #expect(result.status == 0 && result.output.isEmpty, "\(result)\n\(registry.text)")
    }

    @Test(
        "it does find what is wrong",
        arguments: ["# TYPE requests counter\nrequests 1\n", "a{b=\"c} 1\n", "a 1\na 1\n", "a one\n"])
    func wrong(page: String) async throws {
        let result = try await check(page)
        #expect(result.status != 0 && !result.output.isEmpty)
    }
}
