internal import CoreMetrics
internal import DESCatalog
internal import DESCore
internal import DESRuntime

/// What a packer counts.
struct PackerMetrics: Sendable {
    let files: Counter
    let bytes: Counter
    let retries: Counter
    let deadLetters: Counter
    let leasesHeld: Tally
    let leasesLost: Counter
    let lockConflicts: Counter
    let claimsOpen: Tally
    let spoolBytes: Tally
    let budgetUsed: Gauge
    let oldestAge: Gauge
    let isDatabaseUp: Gauge
    let manifestsWritten: Counter
    let manifestsFailed: Counter
    private let commitDuration: Timer
    private let uploadDuration: Timer
    private let fetchDuration: Timer
    private let containers: [SealReason: Counter]
    private let endings: [PackAttempt.Ending: Counter]
    private let fetchErrors: [String: Counter]
    private let errors: [String: Counter]

    /// Classes of errors of sources; others are `other`.
    private static let fetchClasses = [
        DESError.Code.notFound, .changed, .denied, .unavailable, .invalidArgument, .unsupported,
    ].map(\.description)
    private static let otherClass = "other"

    init(_ registry: MetricRegistry) {
        files = MetricCatalog.packerFiles.counter(in: registry)
        bytes = MetricCatalog.packerBytes.counter(in: registry)
        retries = MetricCatalog.packerRetries.counter(in: registry)
        deadLetters = MetricCatalog.packerDeadLetters.counter(in: registry)
        leasesHeld = Tally(MetricCatalog.packerLeasesHeld.gauge(in: registry))
        leasesLost = MetricCatalog.packerLeasesLost.counter(in: registry)
        lockConflicts = MetricCatalog.packerLockConflicts.counter(in: registry)
        claimsOpen = Tally(MetricCatalog.packerClaimsOpen.gauge(in: registry))
        spoolBytes = Tally(MetricCatalog.packerSpoolBytes.gauge(in: registry))
        budgetUsed = MetricCatalog.packerBudgetUsed.gauge(in: registry)
        oldestAge = MetricCatalog.packerOldestAge.gauge(in: registry)
        isDatabaseUp = MetricCatalog.packerDatabaseUp.gauge(in: registry)
        manifestsWritten = MetricCatalog.packerManifests.counter("written", in: registry)
        manifestsFailed = MetricCatalog.packerManifests.counter("failed", in: registry)
        commitDuration = MetricCatalog.packerCommitDuration.timer(in: registry)
        uploadDuration = MetricCatalog.packerUploadDuration.timer(in: registry)
        fetchDuration = MetricCatalog.packerFetchDuration.timer(in: registry)
        func counters<Key: Hashable>(_ metric: Metric, _ keys: [Key], _ word: (Key) -> String) -> [Key: Counter] {
            Dictionary(uniqueKeysWithValues: keys.map { ($0, metric.counter(word($0), in: registry)) })
        }
        containers = counters(MetricCatalog.packerContainers, SealReason.allCases) { $0.rawValue }
        endings = counters(MetricCatalog.packerAttempts, PackAttempt.Ending.allCases) { $0.rawValue }
        fetchErrors = counters(
            MetricCatalog.packerFetchErrors, PackerMetrics.fetchClasses + [PackerMetrics.otherClass]
        ) { $0 }
        errors = counters(
            MetricCatalog.packerErrors,
            DatabaseError.Kind.allCases.map(\.rawValue) + StepFault.Part.allCases.map(\.rawValue)
        ) { $0 }
    }

    /// A body came.
    func fetched(in time: Duration) { fetchDuration.record(time) }

    /// A body did not.
    func fetchFailed(_ error: DESError) {
        (fetchErrors[error.code.description] ?? fetchErrors[PackerMetrics.otherClass])?.increment()
    }

    /// A container is an object.
    func uploaded(in time: Duration) { uploadDuration.record(time) }

    /// A container is committed.
    func committed(_ container: BuiltContainer, _ reason: SealReason, in time: Duration) {
        commitDuration.record(time)
        files.increment(by: container.entries.count)
        bytes.increment(by: container.bodyByteCount)
        containers[reason]?.increment()
    }

    /// These rows are not in it, and that is so now.
    func setAside(_ rows: [UnpackedRow]) {
        for row in rows {
            switch row.fate {
            case .waits: break
            case .repeated: retries.increment()
            case .failed: deadLetters.increment()
            }
        }
    }

    /// A claim is over.
    func ended(_ ending: PackAttempt.Ending) { endings[ending]?.increment() }

    /// A step failed.
    func failed(_ error: any Error, _ part: StepFault.Part) {
        errors[(error as? DatabaseError)?.kind.rawValue ?? part.rawValue]?.increment()
    }
}

/// A gauge of what comes and goes.
final class Tally: Sendable {
    private let gauge: Gauge
    private let value = Monitor(0)

    init(_ gauge: Gauge) {
        self.gauge = gauge
        gauge.record(0)
    }

    func add(_ count: Int) {
        value.withLock { value in
            value += count
            gauge.record(value)
        }
    }
}

extension Timer {
    fileprivate func record(_ time: Duration) { recordNanoseconds(Int64(time / .nanoseconds(1))) }
}
