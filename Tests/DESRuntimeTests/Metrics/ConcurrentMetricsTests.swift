import CoreMetrics
import DESCore
import Synchronization
import Testing

@testable import DESRuntime

@Suite("Metrics of many threads")
struct ConcurrentMetricsTests {
    private static let threadCount = 8
    private static let updateCount = 100_000
    private static let metrics: [Metric] = [
        .counter("c_total", labels: ["a"], help: "C."), .gauge("g", help: "G."),
        .histogram("h_seconds", unit: .seconds, buckets: [1, 2, 4, 8], help: "H."),
    ]

    /// Threads that update all metrics until they have counted to ``updateCount``.
    private static func start(_ registry: MetricRegistry) throws -> Monitor<Int> {
        let running = Monitor(threadCount)
        for thread in 0..<threadCount {
            try startThread {
                let meter = Meter(label: "g", factory: registry)
                let recorder = Recorder(label: "h_seconds", factory: registry)
                for number in 0..<updateCount {
                    // Asked for anew each time: the same series each time.
                    Counter(label: "c_total", dimensions: [("a", "\(thread % 2)")], factory: registry).increment()
                    meter.increment(by: 0.5)
                    recorder.record(Double(number % 10))
                }
                running.update { $0 -= 1 }
            }
        }
        return running
    }

    /// The value of each sample.
    private static func scrape(_ registry: MetricRegistry) throws -> [String: Double] {
        var values: [String: Double] = [:]
        for line in registry.text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            try #require(parts.count == 2 && values[String(parts[0])] == nil)
            let value: Double = try #require(Double(parts[1]))
            values[String(parts[0])] = value
        }
        return values
    }

    @Test("8 threads with 100,000 updates each are all counted, and a scrape meanwhile always shows what can be")
    func updates() throws {
        let registry = MetricRegistry(ConcurrentMetricsTests.metrics)
        let running = try ConcurrentMetricsTests.start(registry)
        let parts = ["1", "2", "4", "8", "+Inf"].map { "h_seconds_bucket{le=\"\($0)\"}" }
        let growing = parts + ["h_seconds_count", "c_total{a=\"0\"}", "c_total{a=\"1\"}", "g"]
        var last: [String: Double] = [:]
        while running.withLock({ $0 }) > 0 {
            let now = try ConcurrentMetricsTests.scrape(registry)
            let buckets = parts.map { now[$0] ?? 0 }
            try #require(buckets == buckets.sorted(), "\(now)")
            try #require(now["h_seconds_count"] ?? 0 == buckets[4], "\(now)")
            for name in growing { try #require(now[name] ?? 0 >= last[name] ?? 0, "\(name): \(last), then \(now)") }
            last = now
        }
        let total = Double(ConcurrentMetricsTests.threadCount * ConcurrentMetricsTests.updateCount)
        let now = try ConcurrentMetricsTests.scrape(registry)
        #expect(now["c_total{a=\"0\"}"] == total / 2 && now["c_total{a=\"1\"}"] == total / 2)
        #expect(now["g"] == total / 2)
        #expect(parts.map { now[$0] } == [0.2, 0.3, 0.5, 0.9, 1].map { $0 * total })
        #expect(now["h_seconds_count"] == total)
        #expect(now["h_seconds_sum"] == 4.5 * total)
    }
}
