internal import DESCatalog
internal import DESCore

/// What the loop remembers: which shards are being worked on, which rest, and when to look again. It decides, and does nothing.
struct LoopState: Sendable {
    let shardsMax: Int
    var window: SurveyWindow
    private var working: Set<ShardID> = []
    /// Shards where something failed.
    private var resting: [ShardID: (until: ContinuousClock.Instant, failureCount: Int)] = [:]
    /// The shard that was begun last: those after it come next, so that none waits for ever while others always have work.
    private var lastStarted: ShardID?
    /// More was due than could be begun.
    private var hasBacklog = false
    private var nextSweep: ContinuousClock.Instant?
    private var failureCount = 0
    /// All places were looked at, one window after the other, since work was last done, and nothing was due.
    private var isPassEmpty = false
    private var pass: (isFromStart: Bool, hadWork: Bool) = (false, false)

    /// Who works once tries this often.
    private static let failuresOfOnceMax = 6
    private static let restSecondsMax = 60.0

    /// - Parameter start: a shard: the first survey begins there.
    init(shardsMax: Int, start: Int = .random(in: 0..<1 << 16)) {
        self.shardsMax = shardsMax
        window = SurveyWindow(
            after: ShardID(start).flatMap { shard in
                CalendarDay(number: 0).map { PackPlace(shard: shard, day: $0) }
            })
    }

    /// Nothing is being done, and there is nothing to do.
    var isIdle: Bool { working.isEmpty && isPassEmpty }

    /// What is left to do failed so often that it is no use to go on, for who works once.
    private(set) var hasGivenUp = false

    /// A survey begins.
    mutating func willSurvey() {
        if window.isAtStart { pass = (true, false) }
    }

    /// A survey failed.
    /// - Returns: that it is no use to go on, for who works once.
    mutating func failed() -> Bool {
        failureCount += 1
        return failureCount >= LoopState.failuresOfOnceMax
    }

    /// Which shards to work on now, with what is due there.
    mutating func start(
        _ jobs: [PackJob], _ survey: PackSurvey, now: ContinuousClock.Instant
    ) -> [(ShardID, [PackJob])] {
        var work = Dictionary(grouping: jobs, by: \.place.shard)
        for shard in survey.abandonedShards where work[shard] == nil { work[shard] = [] }
        let startable = work.keys.sorted().filter { shard in
            !working.contains(shard) && (resting[shard].map { $0.until <= now } ?? true)
        }
        let turn = lastStarted.flatMap { last in startable.firstIndex { $0 > last } } ?? 0
        let started = (startable[turn...] + startable[..<turn]).prefix(shardsMax - working.count)
        lastStarted = started.last ?? lastStarted
        working.formUnion(started)
        hasBacklog = startable.count > started.count
        let isHopeless = work.keys.allSatisfy { (resting[$0]?.failureCount ?? 0) >= LoopState.failuresOfOnceMax }
        hasGivenUp = working.isEmpty && !work.isEmpty && isHopeless
        failureCount = 0
        pass.hadWork = pass.hadWork || !work.isEmpty
        isPassEmpty = window.isAtStart && pass.isFromStart && !pass.hadWork
        return started.map { ($0, work[$0] ?? []) }
    }

    /// The work on a shard is over.
    /// - Parameter jitter: what part of its time a shard rests, so that packers that fail together do not come back together.
    /// - Returns: whether it is worth looking again at once.
    mutating func ended(
        _ shard: ShardID, _ outcome: ShardWorker.Outcome, now: ContinuousClock.Instant,
        jitter: Double = .random(in: 0.5...1)
    ) -> Bool {
        working.remove(shard)
        (pass, isPassEmpty) = ((false, false), false)
        switch outcome {
        case .done:
            resting[shard] = nil
            return true
        case .nothing: resting[shard] = nil
        case .failed:
            let count = (resting[shard]?.failureCount ?? 0) + 1
            let seconds = min(Double(1 << min(count, 7)) / 2, LoopState.restSecondsMax)
            resting[shard] = (now + .seconds(seconds * jitter), count)
        }
        return hasBacklog
    }

    /// When to look again, if nothing happens.
    func pause(_ survey: PackSurvey, interval: Duration) -> Duration {
        // More places, of which some may be due.
        if !window.isAtStart, working.count < shardsMax { return .zero }
        // A lease may run out, and then there is work to be taken back. Not more often than that, whoever renews.
        guard let expiry = survey.nextExpiry else { return interval }
        return min(interval, max(expiry + .milliseconds(50), .milliseconds(250)))
    }

    /// Whether it is time to look for manifests that are missing.
    mutating func isSweepDue(now: ContinuousClock.Instant, interval: Duration) -> Bool {
        if let nextSweep, nextSweep > now { return false }
        nextSweep = now + interval
        return true
    }
}
