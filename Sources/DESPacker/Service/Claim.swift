internal import DESCatalog
internal import DESCore
internal import Glibc

/// The rows of one container on their way.
struct Claim: Sendable {
    let job: PackJob
    let lease: ShardLease
    let container: ContainerID
    let key: ContainerKey
    private(set) var rows: [ClaimedRow] = []
    private(set) var built: BuiltContainer?
    var commitTime = Duration.zero
    private var isOpen = false

    /// - Parameter isBodyOutside: a large body does not lie in its container.
    init(_ job: PackJob, _ lease: ShardLease, keyPrefix: String, isBodyOutside: Bool) {
        (self.job, self.lease) = (job, lease)
        var generator = SystemRandomNumberGenerator()
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let milliseconds = Claim.milliseconds(job, now: now.tv_sec * 1_000 + now.tv_nsec / 1_000_000)
        container = ContainerID(milliseconds: Int64(milliseconds), using: &generator)
        key = ContainerKey(
            keyPrefix: keyPrefix, day: job.place.day, shard: job.place.shard,
            layout: job.reason == .large && isBodyOutside ? .attemptWithBodiesOutside(container) : .attempt(container))
    }

    /// When a container is begun, as its identity says. Who knows nothing but a name looks for it in containers that were begun
    /// after the name was made: a host whose clock is behind must not seem to have begun before.
    static func milliseconds(_ job: PackJob, now: Int) -> Int { max(now, job.time) }

    /// - Parameter countMax: rows at most.
    func order(_ policy: SealPolicy, countMax: Int) -> ClaimOrder {
        let isLarge = job.reason == .large
        return ClaimOrder(
            container: container, key: key.text, day: job.place.day, countMax: isLarge ? 1 : countMax,
            byteCountMax: policy.byteCountMax,
            byteCounts: isLarge ? policy.largeByteCountMin..<Int.max : 0..<policy.largeByteCountMin)
    }

    mutating func take(_ rows: [ClaimedRow], _ metrics: PackerMetrics) {
        self.rows = rows
        isOpen = true
        metrics.claimsOpen.add(1)
    }

    /// The catalog refuses to commit the only row: it is that row's fault.
    mutating func blame(_ row: UnpackedRow) { built?.others.append(row) }

    mutating func write(_ built: BuiltContainer, _ metrics: PackerMetrics) {
        self.built = built
        // They are in the container now, or not: they need not be held twice.
        rows = rows.count == 1 ? rows : []
        metrics.spoolBytes.add(built.sealed?.byteCount ?? 0)
    }

    func close(_ metrics: PackerMetrics) {
        if isOpen { metrics.claimsOpen.add(-1) }
        metrics.spoolBytes.add(-(built?.sealed?.byteCount ?? 0))
    }

    /// What a step needs, besides the database; `nil` for the database.
    func part(of step: PackAttempt.Step) -> StepFault.Part? {
        switch step {
        case .write: .source
        case .upload: .store
        case .announce, .commit: .commit
        case .claim, .ask, .abandon: nil
        }
    }

    /// What is to blame for an error of a step.
    func fault(of step: PackAttempt.Step, _ error: any Error) -> StepFault.Part {
        guard step == .write else { return part(of: step) ?? .store }
        if error is SourceOutage { return .source }
        return job.reason == .large ? .store : .spool
    }
}
