internal import CoreMetrics
internal import Synchronization

/// One set of values of a metric's labels. Updates are atomic additions: they never wait, not for a scrape either.
protocol Series: AnyObject, Sendable {
    /// Appends its samples.
    func write(_ name: String, _ labels: String, to text: inout String)
}

/// Counts in whole numbers.
final class CounterSeries: Series, CounterHandler {
    private let count = Atomic<Int>(0)

    /// Prometheus takes a counter that goes back for a process that was started again.
    func increment(by amount: Int64) { if amount > 0 { count.wrappingAdd(Int(amount), ordering: .relaxed) } }
    func reset() { count.store(0, ordering: .relaxed) }

    func write(_ name: String, _ labels: String, to text: inout String) {
        text += "\(name)\(Exposition.braces(labels)) \(count.load(ordering: .relaxed))\n"
    }
}

/// A number that is set.
final class GaugeSeries: Series, RecorderHandler, MeterHandler {
    private let value = AtomicDouble()

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.store(value) }
    func increment(by amount: Double) { value.add(amount) }
    func decrement(by amount: Double) { value.add(-amount) }

    func write(_ name: String, _ labels: String, to text: inout String) {
        text += "\(name)\(Exposition.braces(labels)) \(Exposition.number(value.load()))\n"
    }
}

/// A number that somebody knows when it is asked for.
final class ReadingSeries: Series {
    private let read: @Sendable () -> Double

    init(_ read: @escaping @Sendable () -> Double) { self.read = read }

    func write(_ name: String, _ labels: String, to text: inout String) {
        text += "\(name)\(Exposition.braces(labels)) \(Exposition.number(read()))\n"
    }
}

/// Counts values by size.
final class HistogramSeries: Series, TimerHandler, RecorderHandler {
    /// Buckets there may be, with the one that has no bound.
    static let bucketCountMax = 24

    private let bounds: [Double]
    /// How many values lie in each bucket and in none before it. The sum of all is the count, so a scrape in the middle of
    /// an update shows a count that fits its buckets.
    private let counts: InlineArray<24, Atomic<Int>>
    private let sum = AtomicDouble()

    init(bounds: [Double]) {
        precondition(bounds.count < HistogramSeries.bucketCountMax && bounds == bounds.sorted())
        self.bounds = bounds
        counts = InlineArray { _ in Atomic(0) }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        var bucket = 0
        // Not `>`: what is no number lies above all bounds, as in Prometheus' own libraries.
        while bucket < bounds.count, !(value <= bounds[bucket]) { bucket += 1 }
        counts[bucket].wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    func write(_ name: String, _ labels: String, to text: inout String) {
        var total = 0
        let comma = labels.isEmpty ? "" : ","
        for bucket in 0...bounds.count {
            total += counts[bucket].load(ordering: .relaxed)
            let bound = bucket < bounds.count ? Exposition.number(bounds[bucket]) : "+Inf"
            text += "\(name)_bucket{\(labels)\(comma)le=\"\(bound)\"} \(total)\n"
        }
        text += "\(name)_sum\(Exposition.braces(labels)) \(Exposition.number(sum.load()))\n"
        text += "\(name)_count\(Exposition.braces(labels)) \(total)\n"
    }
}

/// A number with a fraction that threads add to.
private struct AtomicDouble: ~Copyable {
    private let bits = Atomic<UInt64>(0)

    func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    /// Another thread that adds at the same time makes this one try again; none ever waits.
    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (isExchanged, found) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if isExchanged { return }
            old = found
        }
    }
}
