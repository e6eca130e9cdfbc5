import DESCore
public import Testing

@testable public import DESRuntime

/// What Prometheus' naming guide and `promtool` ask of metrics, and what we ask besides.
@Suite("The metrics there are")
struct MetricCatalogTests {
    @Test("all that are declared are in the list of all, and no two have one name")
    func all() throws {
        let counts = try ["MetricCatalog", "MetricCatalog+Packer"].map { file in
            let path = "\(Repository.path)/Sources/DESRuntime/Metrics/\(file).swift"
            let source = String(decoding: try SmallFile.contents(of: path), as: UTF8.self)
            return source.ranges(of: /public static let \w+ = Metric\./).count
        }
        #expect(counts.reduce(0, +) == MetricCatalog.all.count)
        #expect(Set(MetricCatalog.all.map(\.name)).count == MetricCatalog.all.count)
    }

    @Test("names are small letters and digits in words, with one underscore between", arguments: MetricCatalog.all)
    func names(metric: Metric) {
        for name in [metric.name] + metric.labels {
            let isSnakeCase = name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil
            #expect(isSnakeCase, "\(name)")
        }
        #expect(metric.name.hasPrefix("des_") || metric.name.hasPrefix("process_"), "\(metric.name)")
    }

    @Test("names of counters end in _total, and no others", arguments: MetricCatalog.all)
    func counters(metric: Metric) {
        if case .counter = metric.kind {
            #expect(metric.name.hasSuffix("_total"))
        } else {
            #expect(!metric.name.hasSuffix("_total"))
        }
    }

    @Test("a name ends in the unit of its values, and in no other", arguments: MetricCatalog.all)
    func units(metric: Metric) {
        // Prometheus' own libraries have named this one.
        if metric.name == "process_start_time_seconds" {
            #expect(metric.unit == .timestampSeconds)
            return
        }
        let name = metric.name.hasSuffix("_total") ? String(metric.name.dropLast(6)) : metric.name
        let endings: [(String, Metric.Unit)] = [
            ("_timestamp_seconds", .timestampSeconds), ("_seconds", .seconds), ("_bytes", .bytes), ("_info", .info),
        ]
        #expect(metric.unit == endings.first { name.hasSuffix($0.0) }?.1 ?? .count)
        for ending in [
            "_ms", "_milliseconds", "_minutes", "_kb", "_mb", "_kib", "_mib", "_byte", "_second", "_percent",
        ] {
            #expect(!name.hasSuffix(ending))
        }
    }

    @Test("no name can be taken for a part of a histogram", arguments: MetricCatalog.all)
    func histogramParts(metric: Metric) {
        for ending in ["_bucket", "_sum", "_count"] { #expect(!metric.name.hasSuffix(ending)) }
    }

    @Test("what is always 1 says something in its labels", arguments: MetricCatalog.all)
    func infos(metric: Metric) {
        guard metric.unit == .info else { return }
        #expect(!metric.labels.isEmpty)
        if case .gauge = metric.kind { return }
        Issue.record("\(metric.name) is no gauge")
    }

    @Test("helps are sentences in one line", arguments: MetricCatalog.all)
    func helps(metric: Metric) {
        #expect(metric.help.hasSuffix(".") && !metric.help.hasSuffix("..") && metric.help.first?.isUppercase == true)
        #expect(!metric.help.contains { $0.isNewline })
    }

    @Test("labels differ, and none is one that Prometheus sets itself", arguments: MetricCatalog.all)
    func labels(metric: Metric) {
        #expect(Set(metric.labels).count == metric.labels.count)
        for label in ["le", "quantile", "job", "instance", "exported_job", "exported_instance"] {
            #expect(!metric.labels.contains(label))
        }
    }

    @Test("bounds of buckets ascend, are numbers, and fit", arguments: MetricCatalog.all)
    func buckets(metric: Metric) {
        guard case .histogram(let bounds) = metric.kind else { return }
        #expect(!bounds.isEmpty && bounds.count < HistogramSeries.bucketCountMax)
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(bounds.allSatisfy { $0.isFinite && $0 > 0 })
    }
}

extension Metric: CustomTestStringConvertible {
    /// Its name.
    public var testDescription: String { name }
}
