import CoreMetrics
import Testing

@testable import DESRuntime

/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
@Suite("The text format of metrics")
struct ExpositionTests {
    @Test("families by name, series by labels, each with its help and type")
    func whole() {
        let registry = MetricRegistry([
            .gauge("b_bytes", unit: .bytes, help: "B."), .counter("a_total", labels: ["x", "y"], help: "A."),
            .histogram("c_seconds", unit: .seconds, buckets: [0.5, 1, 10], labels: ["route"], help: "C."),
            .counter("unused_total", help: "Never asked for."),
        ])
        Gauge(label: "b_bytes", factory: registry).record(1.5)
        Counter(label: "a_total", dimensions: [("x", "2"), ("y", "1")], factory: registry).increment(by: 7)
        Counter(label: "a_total", dimensions: [("x", "1"), ("y", "2")], factory: registry).increment()
        let recorder = Recorder(label: "c_seconds", dimensions: [("route", "/")], factory: registry)
        for value in [0.25, 0.5, 0.75, 10, 11] { recorder.record(value) }
        #expect(
            registry.text == """
                # HELP a_total A.
                # TYPE a_total counter
                a_total{x="1",y="2"} 1
                a_total{x="2",y="1"} 7
                # HELP b_bytes B.
                # TYPE b_bytes gauge
                b_bytes 1.5
                # HELP c_seconds C.
                # TYPE c_seconds histogram
                c_seconds_bucket{route="/",le="0.5"} 2
                c_seconds_bucket{route="/",le="1"} 3
                c_seconds_bucket{route="/",le="10"} 4
                c_seconds_bucket{route="/",le="+Inf"} 5
                c_seconds_sum{route="/"} 22.5
                c_seconds_count{route="/"} 5

                """)
    }

    @Test("a histogram without labels has no empty braces and no comma before its bound")
    func noLabels() {
        let registry = MetricRegistry([.histogram("h_seconds", unit: .seconds, buckets: [1], help: "H.")])
        _ = Timer(label: "h_seconds", factory: registry)
        #expect(
            registry.text == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{le="1"} 0
                h_seconds_bucket{le="+Inf"} 0
                h_seconds_sum 0
                h_seconds_count 0

                """)
    }

    @Test("a registry that nothing is in is an empty text")
    func empty() {
        #expect(MetricRegistry().text == "")
    }

    @Test("in values of labels quotes, backslashes and line ends are escaped, and nothing else")
    func labels() {
        #expect(
            Exposition.labels([("a", "\"\\\n"), ("b", "é\t{},= \r\n"), ("c", "")])
                == #"a="\"\\\n",b="é"# + "\t{},= \r" + #"\n",c="""#)
        #expect(Exposition.labels([]) == "")
    }

    @Test("in helps backslashes and line ends are escaped, quotes not")
    func helps() {
        let head = Exposition.head(.gauge("g", help: "A \"b\" \\ c\nd."))
        #expect(head == "# HELP g A \"b\" \\\\ c\\nd.\n# TYPE g gauge\n")
    }

    @Test(
        "numbers are written so that they are read as the same number",
        arguments: [
            0, 1, -1, 0.1, 1.5, -0.005, 1e15, 1e16, -1e16, 123_456_789_012_345, 1e100, 5e-7, .pi,
            .greatestFiniteMagnitude,
            .leastNormalMagnitude, .leastNonzeroMagnitude, 9_007_199_254_740_992, Double(Int.max), 1.7e9 + 0.123,
        ] as [Double])
    func numbers(value: Double) {
        #expect(Double(Exposition.number(value)) == value)
        #expect(!Exposition.number(value).contains(","))
    }

    @Test("what is no number has the words of Prometheus")
    func noNumbers() {
        #expect(Exposition.number(.nan) == "NaN")
        #expect(Exposition.number(.signalingNaN) == "NaN")
        #expect(Exposition.number(.infinity) == "+Inf")
        #expect(Exposition.number(-.infinity) == "-Inf")
        #expect(Exposition.number(12) == "12")
        #expect(Exposition.number(0.005) == "0.005")
    }
}
