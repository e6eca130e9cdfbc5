import CoreMetrics
import Synchronization
import Testing

@testable import DESRuntime

@Suite("The registry of metrics")
struct MetricRegistryTests {
    private let registry = MetricRegistry([
        .counter("c_total", labels: ["a", "b"], help: "C."), .gauge("g", labels: ["a"], help: "G."),
        .gauge("plain", help: "P."),
        .histogram("h_seconds", unit: .seconds, buckets: [1, 2, 4], labels: ["a"], help: "H."),
    ])

    /// The lines of samples.
    private var samples: [String] {
        registry.text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    @Test("who asks twice for the same labels, in whatever order, adds to one series")
    func sameSeries() {
        Counter(label: "c_total", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "c_total", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment(by: 2)
        Counter(label: "c_total", dimensions: [("a", "2"), ("b", "1")], factory: registry).increment(by: 5)
        #expect(samples == ["c_total{a=\"1\",b=\"2\"} 3", "c_total{a=\"2\",b=\"1\"} 5"])
        Timer(label: "h_seconds", dimensions: [("a", "x")], factory: registry).recordSeconds(1)
        Recorder(label: "h_seconds", dimensions: [("a", "x")], factory: registry).record(1)
        #expect(samples.contains("h_seconds_count{a=\"x\"} 2"))
    }

    @Test("no value of a label can be taken for two labels, or for another value")
    func separators() {
        Counter(label: "c_total", dimensions: [("a", "1\",b=\"2"), ("b", "")], factory: registry).increment()
        Counter(label: "c_total", dimensions: [("a", "1"), ("b", "2\",b=\"")], factory: registry).increment()
        Counter(label: "c_total", dimensions: [("a", "\\n"), ("b", "")], factory: registry).increment()
        Counter(label: "c_total", dimensions: [("a", "\n"), ("b", "")], factory: registry).increment()
        #expect(samples.count == 4 && samples.allSatisfy { $0.hasSuffix(" 1") }, "\(samples)")
    }

    @Test("a metric that the catalogue does not have is not kept")
    func unknownMetrics() {
        Counter(label: "hb.requests", factory: registry).increment()
        Gauge(label: "unknown", factory: registry).record(1)
        Meter(label: "unknown", factory: registry).set(1)
        Timer(label: "unknown", factory: registry).recordSeconds(1)
        Recorder(label: "unknown", factory: registry).record(1)
        FloatingPointCounter(label: "unknown", factory: registry).increment(by: 1)
        #expect(registry.text.isEmpty)
    }

    @Test("labels that the metric does not have, or not all of them, are not kept")
    func unknownLabels() {
        for dimensions in [
            [], [("a", "1")], [("a", "1"), ("c", "2")], [("a", "1"), ("b", "2"), ("c", "3")], [("a", "1"), ("a", "2")],
            [("a", "1"), ("b", "2"), ("b", "2")], [("a", "1"), ("le", "2")], [("A", "1"), ("b", "2")],
        ] {
            Counter(label: "c_total", dimensions: dimensions, factory: registry).increment()
        }
        Gauge(label: "g", factory: registry).record(1)
        Meter(label: "plain", dimensions: [("a", "1")], factory: registry).set(1)
        Timer(label: "h_seconds", dimensions: [("b", "1")], factory: registry).recordSeconds(1)
        Recorder(label: "h_seconds", dimensions: [("a", "1"), ("le", "1")], factory: registry).record(1)
        #expect(registry.text.isEmpty, "\(registry.text)")
    }

    @Test("a metric of another kind is not kept, and does not disturb the one that is")
    func wrongKind() {
        Counter(label: "g", dimensions: [("a", "1")], factory: registry).increment()
        Gauge(label: "c_total", dimensions: [("a", "1"), ("b", "2")], factory: registry).record(1)
        Meter(label: "h_seconds", dimensions: [("a", "1")], factory: registry).set(1)
        Timer(label: "g", dimensions: [("a", "1")], factory: registry).recordSeconds(1)
        #expect(registry.text.isEmpty)
        registry.observe(.gauge("plain", help: "P.")) { 7 }
        Gauge(label: "plain", factory: registry).record(1)
        #expect(samples == ["plain 7"])
    }

    @Test("a counter only grows")
    func counters() {
        let counter = Counter(label: "c_total", dimensions: [("a", ""), ("b", "")], factory: registry)
        counter.increment(by: 5)
        counter.increment(by: -3)
        counter.increment(by: 0)
        #expect(samples == ["c_total{a=\"\",b=\"\"} 5"])
        FloatingPointCounter(label: "c_total", dimensions: [("a", "f"), ("b", "")], factory: registry).increment(
            by: 2.5)
        #expect(samples.last == "c_total{a=\"f\",b=\"\"} 2")
    }

    @Test("a gauge is set, raised and lowered, to fractions and to what is no number")
    func gauges() {
        let meter = Meter(label: "plain", factory: registry)
        meter.set(3)
        #expect(samples == ["plain 3"])
        meter.increment(by: 0.5)
        #expect(samples == ["plain 3.5"])
        meter.decrement(by: 4)
        #expect(samples == ["plain -0.5"])
        Gauge(label: "plain", factory: registry).record(Double.infinity)
        #expect(samples == ["plain +Inf"])
        meter.set(Double.nan)
        #expect(samples == ["plain NaN"])
        meter.set(7)
        #expect(samples == ["plain 7"])
    }

    @Test(
        "a value on a bound belongs below it, buckets count all below them, and what is no number is above all bounds")
    func histograms() {
        let recorder = Recorder(label: "h_seconds", dimensions: [("a", "")], factory: registry)
        for value in [-1.0, 0, 1, 1.000_1, 2, 3, 4, 4.1, .infinity] { recorder.record(value) }
        func buckets() -> [String] {
            samples.filter { $0.contains("_bucket") }.map { String($0.split(separator: " ")[1]) }
        }
        #expect(buckets() == ["3", "5", "7", "9"])
        #expect(samples.suffix(2) == ["h_seconds_sum{a=\"\"} +Inf", "h_seconds_count{a=\"\"} 9"])
        recorder.record(Double.nan)
        #expect(buckets() == ["3", "5", "7", "10"])
    }

    @Test("times are counted in seconds, whatever they were measured in")
    func timers() {
        let timer = Timer(label: "h_seconds", dimensions: [("a", "")], factory: registry)
        timer.recordNanoseconds(500_000_000)
        timer.recordMilliseconds(1_500)
        timer.recordSeconds(3)
        timer.recordSeconds(10.0)
        #expect(
            samples == [
                "h_seconds_bucket{a=\"\",le=\"1\"} 1", "h_seconds_bucket{a=\"\",le=\"2\"} 2",
                "h_seconds_bucket{a=\"\",le=\"4\"} 3", "h_seconds_bucket{a=\"\",le=\"+Inf\"} 4",
                "h_seconds_sum{a=\"\"} 15", "h_seconds_count{a=\"\"} 4",
            ])
    }

    @Test("what is observed is asked for at every scrape, and once")
    func observed() {
        let asked = Atomic(0)
        let metric = Metric.gauge("plain", help: "P.")
        let registry = MetricRegistry([metric])
        registry.observe(metric) { Double(asked.add(1, ordering: .relaxed).newValue) }
        #expect(registry.text.hasSuffix("\nplain 1\n"))
        #expect(registry.text.hasSuffix("\nplain 2\n"))
    }

    @Test("a series that its owner has let go of keeps its value")
    func destroyed() {
        let counter = Counter(label: "c_total", dimensions: [("a", ""), ("b", "")], factory: registry)
        counter.increment()
        counter.destroy()
        Counter(label: "c_total", dimensions: [("a", ""), ("b", "")], factory: registry).increment()
        #expect(samples == ["c_total{a=\"\",b=\"\"} 2"])
    }

    @Test("metrics of the catalogue are made with their labels in the order of their declaration")
    func declared() {
        let metrics = MetricRegistry()
        MetricCatalog.httpRequests.counter("/assign", "2xx", in: metrics).increment()
        MetricCatalog.httpRequestDuration.timer("/assign", in: metrics).recordSeconds(1)
        #expect(metrics.text.contains("\ndes_http_requests_total{route=\"/assign\",status=\"2xx\"} 1\n"))
        #expect(metrics.text.contains("\ndes_http_request_duration_seconds_sum{route=\"/assign\"} 1\n"))
    }
}
