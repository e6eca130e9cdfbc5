import DESCatalog
import DESCore
import TestServers

@testable import DESPacker

/// What ``ShardWorker`` and ``LeaseKeeper`` do for one shard, step by step.
struct ShardWork: Sendable {
    /// The rows of one container on their way, as ``Claim``.
    struct Claimed: Sendable {
        let job: PackJob
        let order: SimulatedCatalog.Order
        var rows: [ClaimedRow] = []
        var built: BuiltContainer?
    }

    let number: Int
    let shard: ShardID
    let jobs: [PackJob]
    let settings: SimulatedPacker.Settings
    let widths: ClaimWidths
    private var position = 0
    private var lease: ShardLease?
    private var attempt = PackAttempt()
    private(set) var claimed: Claimed?
    private var outcome = ShardWorker.Outcome.nothing
    /// The lease was found to be lost: what is being done is cut short.
    private(set) var isCancelled = false
    private var isRenewing = false
    private var isWorkOver = false
    private var isReleasing = false

    init(number: Int, shard: ShardID, jobs: [PackJob], settings: SimulatedPacker.Settings, _ widths: ClaimWidths) {
        (self.number, self.shard, self.jobs) = (number, shard, jobs)
        (self.settings, self.widths) = (settings, widths)
    }

    /// - Returns: how it came out, once it has.
    mutating func take(
        _ reply: Reply, for waiting: Waiting, isStopping: Bool, now: Int, _ draws: inout Draws,
        _ effects: inout [SimulatedPacker.Effect]
    ) -> ShardWorker.Outcome? {
        switch (waiting, reply) {
        case (.acquire, .lease(let given?)):
            lease = given
            outcome = jobs.isEmpty ? .done : .nothing
            effects.append(.wait(milliseconds: settings.timeToLive / 3, .renewalTime(number)))
            nextJob(isStopping, now, &draws, &effects)
        case (.acquire, .lease(nil)): return .nothing
        case (.acquire, _): return .failed
        case (.pause, _): ask(&effects)
        case (.step, _): answered(reply, isStopping, now, &draws, &effects)
        case (.renewalTime, _):
            guard !isWorkOver, !isCancelled, let lease else { break }
            isRenewing = true
            effects.append(.ask(.renew(lease), .renewal(number)))
        case (.renewal, _): renewed(reply, &effects)
        case (.release, _): return outcome
        default: break
        }
        return isWorkOver && !isRenewing ? release(&effects) : nil
    }

    // MARK: The lease

    private mutating func renewed(_ reply: Reply, _ effects: inout [SimulatedPacker.Effect]) {
        isRenewing = false
        switch reply {
        case .isHeld(true): effects.append(.wait(milliseconds: settings.timeToLive / 3, .renewalTime(number)))
        case .isHeld(false): isCancelled = true
        default: effects.append(.wait(milliseconds: settings.timeToLive / 15, .renewalTime(number)))
        }
    }

    private mutating func release(_ effects: inout [SimulatedPacker.Effect]) -> ShardWorker.Outcome? {
        guard let lease, !isCancelled else { return .failed }
        if !isReleasing { effects.append(.ask(.release(lease), .release(number))) }
        isReleasing = true
        return nil
    }

    // MARK: Jobs

    private mutating func nextJob(
        _ isStopping: Bool, _ now: Int, _ draws: inout Draws, _ effects: inout [SimulatedPacker.Effect]
    ) {
        guard position < jobs.count, !isCancelled, !isStopping, let lease else {
            isWorkOver = true
            return
        }
        let job = jobs[position]
        position += 1
        attempt = PackAttempt()
        claimed = Claimed(job: job, order: order(job, lease, now, &draws))
        ask(&effects)
    }

    private func order(
        _ job: PackJob, _ lease: ShardLease, _ now: Int, _ draws: inout Draws
    ) -> SimulatedCatalog.Order {
        let isLarge = job.reason == .large
        let milliseconds = settings.breakage.contains(.timeIsTheHosts) ? now : Claim.milliseconds(job, now: now)
        var id = ContainerID(milliseconds: Int64(milliseconds), using: &draws.generator)
        if settings.breakage.contains(.keyIsReused) {
            var same = SeededGenerator(seed: 0)
            id = ContainerID(milliseconds: 1 << 46, using: &same)
        }
        let day = settings.breakage.contains(.dayIsToday) ? CalendarDay(milliseconds: now) : job.place.day
        let key = ContainerKey(keyPrefix: "", day: day ?? job.place.day, shard: lease.shard, layout: .attempt(id))
        return SimulatedCatalog.Order(
            container: draws.nextNumber(), key: key.text, day: job.place.day,
            countMax: isLarge ? 1 : widths.width(of: lease.shard, settings.policy.countMax),
            byteCountMax: settings.policy.byteCountMax,
            byteCounts: isLarge
                ? settings.policy.largeByteCountMin..<Int.max : 0..<settings.policy.largeByteCountMin)
    }

    /// Does what the attempt wants.
    private mutating func ask(_ effects: inout [SimulatedPacker.Effect]) {
        guard case .next(let step) = attempt.position, let claimed, let lease else { return }
        let (container, built) = (claimed.order.container, claimed.built)
        let others = kept(built?.others ?? [])
        let request: Request =
            switch step {
            case .claim: .claim(lease, claimed.order)
            case .write: .build(claimed.rows, isLarge: claimed.job.reason == .large)
            case .upload:
                .put(claimed.order.key, SimulatedObject(container: container, entries: built?.entries ?? []))
            case .announce: .uploaded(container, lease)
            case .commit: .commit(container, built?.entries ?? [], others, lease)
            case .ask: .state(container)
            case .abandon: .abandon(container, others, lease)
            }
        effects.append(.ask(request, .step(number)))
    }

    private func kept(_ others: [UnpackedRow]) -> [UnpackedRow] {
        settings.breakage.contains(.forgetsRows)
            ? others.filter { if case .waits = $0.fate { true } else { false } } : others
    }

    private mutating func answered(
        _ reply: Reply, _ isStopping: Bool, _ now: Int, _ draws: inout Draws,
        _ effects: inout [SimulatedPacker.Effect]
    ) {
        guard case .next(let step) = attempt.position else { return }
        var answer = answer(step, reply)
        if settings.breakage.contains(.unknownIsFailure), step == .commit, answer == .failed(.unknown) {
            answer = .failed(.refused)
        }
        attempt.take(answer)
        if settings.breakage.contains(.skipsUpload), attempt.position == .next(.upload) { attempt.take(.done) }
        if settings.breakage.contains(.unknownIsForgotten), step == .commit, case .unknown = reply {
            return over(.abandoned, isStopping, now, &draws, &effects)
        }
        switch attempt.position {
        case .over(let ending): over(ending, isStopping, now, &draws, &effects)
        // When there is no more time, the next holder of the shard finds out.
        case .next where attempt.failureCount > ShardWorker.lastFailureCountMax && isCancelled:
            over(.lost, isStopping, now, &draws, &effects)
        case .next where attempt.failureCount > 0:
            let milliseconds = min(100 << min(attempt.failureCount, 8), 5_000)
            effects.append(.wait(milliseconds: milliseconds, .pause(number)))
        case .next: ask(&effects)
        }
    }

    private mutating func answer(_ step: PackAttempt.Step, _ reply: Reply) -> PackAttempt.Answer {
        switch reply {
        case .rows(let rows):
            claimed?.rows = rows
            return .claimed(rows.count)
        case .built(let built):
            claimed?.built = built
            // A build that is cancelled is not finished.
            return isCancelled ? .failed(.leaseLost) : .written(built.entries.count)
        case .state(let state): return .state(state)
        case .leaseLost: return .failed(.leaseLost)
        // A store whose answer was lost is asked again; in the end it has failed.
        case .refused, .unknown:
            if step == .write || step == .upload { return .failed(isCancelled ? .leaseLost : .refused) }
            if case .unknown = reply { return .failed(.unknown) }
            return .failed(.refused)
        case .rowRefused:
            rowRefused()
            return .failed(.refused)
        case .done, .survey, .lease, .isHeld: return .done
        }
    }

    /// One of the rows cannot be a file: fewer are claimed, until it is alone.
    private mutating func rowRefused() {
        guard let claimed else { return }
        if claimed.job.reason != .large { widths.refused(shard, claimed.built?.entries.count ?? 0) }
        guard claimed.rows.count == 1, let row = claimed.rows.first else { return }
        self.claimed?.built?.others.append(RowPolicy().fate(row, DESError(.conflict, "is refused")))
    }

    private mutating func over(
        _ ending: PackAttempt.Ending, _ isStopping: Bool, _ now: Int, _ draws: inout Draws,
        _ effects: inout [SimulatedPacker.Effect]
    ) {
        if ending == .committed { widths.passed(shard, claimed?.built?.entries.count ?? 0) }
        if let claimed { effects.append(.ended(container: claimed.order.container, ending)) }
        claimed = nil
        switch ending {
        case .committed: outcome = .done
        case .nothing: break
        case .abandoned, .lost:
            outcome = .failed
            isWorkOver = true
            return
        }
        nextJob(isStopping, now, &draws, &effects)
    }
}
