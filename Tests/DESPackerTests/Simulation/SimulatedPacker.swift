import DESCatalog
import DESCore
import TestServers

@testable import DESPacker

/// What a process makes at random, and the numbers it gives.
struct Draws: Sendable {
    var generator: SeededGenerator
    private(set) var lastNumber: Int

    init(generator: SeededGenerator, lastNumber: Int) { (self.generator, self.lastNumber) = (generator, lastNumber) }

    mutating func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }
}

/// What ``PackerLoop``, ``ShardWorker`` and ``LeaseKeeper`` do, without tasks: it is given answers and times, and says what is
/// asked and waited for next. What is decided is decided by the values that the packer itself uses.
struct SimulatedPacker: Sendable {
    /// What it wants of the world.
    enum Effect: Sendable {
        case ask(Request, Waiting)
        case wait(milliseconds: Int, Waiting)
        /// An attempt is over.
        case ended(container: Int, PackAttempt.Ending)
        /// The process ends.
        case exit
    }

    struct Settings: Sendable {
        var policy = SealPolicy()
        var timeToLive = 10_000
        var interval = 2_000
        var shardsMax = 2
        /// It ends when there is nothing to do.
        var isOnce = false
        var breakage: Breakage = []
    }

    let settings: Settings
    /// Of its host: how far it is from the true time.
    let clockOffset: Int
    private(set) var isStopping = false
    private(set) var workers: [Int: ShardWork] = [:]
    private(set) var state: LoopState
    private(set) var effects: [Effect] = []
    private var ends: [LoopEvents.End] = []
    private var isSurveying = false
    /// It looks for nothing more.
    private var isLoopOver = false
    private var tick = 0
    private var surveyStart = 0
    private var draws: Draws
    private let widths = ClaimWidths()

    init(_ settings: Settings, clockOffset: Int, seed: UInt64, life: Life) {
        (self.settings, self.clockOffset) = (settings, clockOffset)
        draws = Draws(generator: SeededGenerator(seed: seed), lastNumber: life.host * 10_000 + life.number * 100)
        state = LoopState(shardsMax: settings.shardsMax, start: Int.random(in: 0..<4, using: &draws.generator))
    }

    mutating func takeEffects() -> [Effect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    // MARK: What comes

    mutating func start(now: Int) { survey(now: now) }

    /// It is told to end: what is being packed is sealed, and nothing more begun.
    mutating func stop() {
        isStopping = true
        exitIfIdle()
    }

    mutating func take(_ reply: Reply, for waiting: Waiting, now: Int) {
        switch waiting {
        case .survey: surveyed(reply, now: now)
        case .tick(let number): if number == tick, !isSurveying { survey(now: now) }
        case .acquire(let number), .step(let number), .pause(let number), .renewalTime(let number),
            .renewal(let number), .release(let number):
            guard var work = workers.removeValue(forKey: number) else { return }
            var next: [Effect] = []
            let outcome = work.take(
                reply, for: waiting, isStopping: isStopping, now: now + clockOffset, &draws, &next)
            effects += next
            if let outcome { ended(work.shard, outcome, now: now) } else { workers[number] = work }
        }
    }

    // MARK: The loop

    private mutating func survey(now: Int) {
        guard !isStopping, !isLoopOver else { return exitIfIdle() }
        (isSurveying, surveyStart) = (true, now)
        state.willSurvey()
        let order = SurveyOrder(
            countMax: settings.policy.countMax, largeByteCountMin: settings.policy.largeByteCountMin,
            placeCountMax: state.window.width, after: state.window.after)
        effects.append(.ask(.survey(order), .survey))
    }

    private mutating func surveyed(_ reply: Reply, now: Int) {
        isSurveying = false
        var pause = Duration.milliseconds(settings.interval)
        if case .survey(let survey) = reply {
            state.window.took(.milliseconds(now - surveyStart), survey)
            for (shard, jobs) in state.start(settings.policy.jobs(survey), survey, now: instant(now)) {
                let number = draws.nextNumber()
                workers[number] = ShardWork(number: number, shard: shard, jobs: jobs, settings: settings, widths)
                effects.append(.ask(.acquire(shard), .acquire(number)))
            }
            isLoopOver = settings.isOnce && (state.isIdle || state.hasGivenUp)
            pause = state.pause(survey, interval: pause)
        } else if settings.isOnce {
            isLoopOver = state.failed()
        }
        guard !isStopping, !isLoopOver else { return exitIfIdle() }
        if drainEnds(now: now) { return survey(now: now) }
        tick += 1
        effects.append(.wait(milliseconds: max(1, Int(pause / .milliseconds(1))), .tick(tick)))
    }

    private mutating func ended(_ shard: ShardID, _ outcome: ShardWorker.Outcome, now: Int) {
        ends.append((shard, outcome))
        if isStopping || isLoopOver { return exitIfIdle() }
        if !isSurveying, drainEnds(now: now) { survey(now: now) }
    }

    private mutating func drainEnds(now: Int) -> Bool {
        defer { ends = [] }
        return ends.reduce(false) { isDue, end in
            let jitter = Double.random(in: 0.5...1, using: &draws.generator)
            let isWorthIt = state.ended(end.shard, end.outcome, now: instant(now), jitter: jitter)
            return isWorthIt || isDue
        }
    }

    private mutating func exitIfIdle() {
        if workers.isEmpty, !isSurveying { effects.append(.exit) }
    }

    private func instant(_ now: Int) -> ContinuousClock.Instant {
        SimulatedPacker.start + .milliseconds(now - Simulation.start)
    }

    /// Only differences count.
    private static let start = ContinuousClock.now
}
