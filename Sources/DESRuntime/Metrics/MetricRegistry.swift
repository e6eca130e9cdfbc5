public import CoreMetrics
internal import DESCore

/// Keeps the values of the catalogue's metrics, and writes them for Prometheus.
///
/// What is not in the catalogue (libraries have metrics of their own) or has other labels there is not kept: each metric we
/// show has a help text and labels that we know.
public final class MetricRegistry: MetricsFactory, Sendable {
    /// A metric with all its series.
    private final class Family: Sendable {
        let metric: Metric
        private let series = Monitor<[String: any Series]>([:])

        init(_ metric: Metric) { self.metric = metric }

        /// The series with these labels, in any order; made by `make` the first time. `nil` if the metric has others.
        func series<S: Series>(_ dimensions: [(String, String)], _ make: () -> S) -> S? {
            let values = metric.labels.compactMap { name in dimensions.first { $0.0 == name }?.1 }
            guard values.count == metric.labels.count, values.count == dimensions.count else { return nil }
            let labels = Exposition.labels(zip(metric.labels, values).map { (name: $0, value: $1) })
            return series.withLock { series in
                if let known = series[labels] { return known as? S }
                let new = make()
                series[labels] = new
                return new
            }
        }

        func write(to text: inout String) {
            let all = series.withLock { $0 }
            guard !all.isEmpty else { return }
            text += Exposition.head(metric)
            for (labels, series) in all.sorted(by: { $0.key < $1.key }) { series.write(metric.name, labels, to: &text) }
        }
    }

    private let families: [String: Family]

    /// A registry of the metrics of `catalogue`.
    public init(_ catalogue: [Metric] = MetricCatalog.all) {
        families = Dictionary(uniqueKeysWithValues: catalogue.map { ($0.name, Family($0)) })
    }

    /// All samples, in the text format of Prometheus.
    public var text: String {
        var text = ""
        for name in families.keys.sorted() { families[name]?.write(to: &text) }
        return text
    }

    /// Asks `read` whenever the metric is written.
    public func observe(_ metric: Metric, _ labels: String..., read: @escaping @Sendable () -> Double) {
        precondition(labels.count == metric.labels.count, "\(metric.name) has the labels \(metric.labels)")
        _ = families[metric.name]?.series(Array(zip(metric.labels, labels))) { ReadingSeries(read) }
    }

    // MARK: MetricsFactory

    /// The counter with these labels; one that counts nothing if the catalogue does not have it.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard let family = families[label], case .counter = family.metric.kind,
            let series = family.series(dimensions, { CounterSeries() })
        else { return NOOPMetricsHandler.instance }
        return series
    }

    /// The gauge with these labels, or one that keeps nothing.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The histogram or gauge with these labels, or one that keeps nothing.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if let series = histogram(label, dimensions) { return series }
        return gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The histogram of times with these labels, or one that keeps nothing.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries? {
        guard let family = families[label], case .gauge = family.metric.kind else { return nil }
        return family.series(dimensions) { GaugeSeries() }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries? {
        guard let family = families[label], case .histogram(let bounds) = family.metric.kind else { return nil }
        return family.series(dimensions) { HistogramSeries(bounds: bounds) }
    }

    /// Does nothing: a series stays, one that came again would begin at 0.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing: a series stays, one that came again would begin at 0.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing: a series stays, one that came again would begin at 0.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing: a series stays, one that came again would begin at 0.
    public func destroyTimer(_ handler: any TimerHandler) {}
}
