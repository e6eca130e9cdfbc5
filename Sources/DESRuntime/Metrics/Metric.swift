public import CoreMetrics

/// What is counted or measured: declared once, in ``MetricCatalog``.
public struct Metric: Sendable {
    /// How it behaves.
    public enum Kind: Sendable {
        /// Only grows.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts values up to each of the bounds, ascending; one more without a bound is added.
        case histogram([Double])
    }

    /// What its values are in. Its name says it too.
    public enum Unit: String, Sendable {
        case seconds
        case bytes
        /// Things: names, requests.
        case count
        /// Seconds since 1970.
        case timestampSeconds = "timestamp_seconds"
        /// Always 1; the labels say something.
        case info
    }

    /// Its whole name.
    public let name: String
    /// How it behaves.
    public let kind: Kind
    /// What its values are in.
    public let unit: Unit
    /// One sentence.
    public let help: String
    /// The names of its labels. Each has a small, closed set of values.
    public let labels: [String]

    /// A counter; its name ends in `_total`.
    static func counter(_ name: String, unit: Unit = .count, labels: [String] = [], help: String) -> Metric {
        Metric(name: name, kind: .counter, unit: unit, help: help, labels: labels)
    }

    /// A gauge.
    static func gauge(_ name: String, unit: Unit = .count, labels: [String] = [], help: String) -> Metric {
        Metric(name: name, kind: .gauge, unit: unit, help: help, labels: labels)
    }

    /// A histogram.
    static func histogram(
        _ name: String, unit: Unit, buckets: [Double], labels: [String] = [], help: String
    ) -> Metric {
        Metric(name: name, kind: .histogram(buckets), unit: unit, help: help, labels: labels)
    }

    /// The counter with these values of its labels, in their order.
    public func counter(_ values: String..., in factory: any MetricsFactory) -> Counter {
        Counter(label: name, dimensions: dimensions(values), factory: factory)
    }

    /// The gauge with these values of its labels.
    public func gauge(_ values: String..., in factory: any MetricsFactory) -> Gauge {
        Gauge(label: name, dimensions: dimensions(values), factory: factory)
    }

    /// The histogram of times with these values of its labels.
    public func timer(_ values: String..., in factory: any MetricsFactory) -> Timer {
        Timer(label: name, dimensions: dimensions(values), factory: factory)
    }

    /// The histogram with these values of its labels.
    public func recorder(_ values: String..., in factory: any MetricsFactory) -> Recorder {
        Recorder(label: name, dimensions: dimensions(values), factory: factory)
    }

    private func dimensions(_ values: [String]) -> [(String, String)] {
        precondition(values.count == labels.count, "\(name) has the labels \(labels)")
        return Array(zip(labels, values))
    }
}
