internal import CoreMetrics
internal import DESCatalog
internal import DESCore
internal import DESRuntime

/// What a marker counts.
struct MarkerMetrics: Sendable {
    let marked: Counter
    let batchDuration: Timer
    let retries: Counter
    let deadLetters: Counter
    let batchSize: Gauge
    let backlog: Gauge
    let oldestAge: Gauge
    let isDatabaseUp: Gauge
    let namesIssued: Gauge
    let nodesHeld: Gauge
    let nameLead: Gauge
    let clockOffset: Gauge
    private let errors: [String: Counter]

    /// Errors that are none of the database: no node id, no names.
    static let nameErrors = "names"

    init(_ registry: MetricRegistry) {
        marked = MetricCatalog.markerMarked.counter("success", in: registry)
        batchDuration = MetricCatalog.markerBatchDuration.timer(in: registry)
        retries = MetricCatalog.markerRetries.counter(in: registry)
        deadLetters = MetricCatalog.markerDeadLetters.counter(in: registry)
        batchSize = MetricCatalog.markerBatchSize.gauge(in: registry)
        backlog = MetricCatalog.markerBacklog.gauge(in: registry)
        oldestAge = MetricCatalog.markerOldestAge.gauge(in: registry)
        isDatabaseUp = MetricCatalog.markerDatabaseUp.gauge(in: registry)
        namesIssued = MetricCatalog.markerNames.gauge(in: registry)
        nodesHeld = MetricCatalog.markerNodes.gauge(in: registry)
        nameLead = MetricCatalog.markerNameLead.gauge(in: registry)
        clockOffset = MetricCatalog.markerClockOffset.gauge(in: registry)
        let kinds = DatabaseError.Kind.allCases.map(\.rawValue) + [MarkerMetrics.nameErrors]
        errors = Dictionary(
            uniqueKeysWithValues: kinds.map { ($0, MetricCatalog.markerErrors.counter($0, in: registry)) })
    }

    func failed(_ error: any Error) {
        errors[(error as? DatabaseError)?.kind.rawValue ?? MarkerMetrics.nameErrors]?.increment()
    }

    func add(_ batch: MarkedBatch) {
        marked.increment(by: batch.markedCount)
        retries.increment(by: batch.postponedCount)
        deadLetters.increment(by: batch.refusedCount)
    }

    /// `nil`: no lease is held.
    func show(_ counts: NameGenerator.Counts?) {
        guard let counts else {
            nodesHeld.record(0)
            return
        }
        namesIssued.record(counts.issued)
        nodesHeld.record(counts.nodes)
        nameLead.record(Double(counts.lead) / 1_000)
    }
}
