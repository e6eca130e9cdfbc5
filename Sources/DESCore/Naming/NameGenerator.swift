/// Makes names, none twice: not in any thread, process or host, nor after a crash or with a clock that was set back.
///
/// Each leased node id allows 256 names in a millisecond. Who wants more is given names of the milliseconds to come, and
/// sleeps until then; while that goes on further node ids are leased. No value is taken that is not below the ceiling that
/// was stored for its node id before.
public final class NameGenerator: Sendable {
    /// Bounds.
    public struct Options: Sendable {
        /// Node ids to hold at most.
        public var nodeCountMax = 4
        /// Names are reserved at most so many milliseconds ahead; who wants more is told to come again.
        public var leadMax = 5_000
        /// How many milliseconds ahead of what is wanted the ceiling is stored. After a crash names begin there: so far, and
        /// what was reserved ahead, in the future.
        public var horizon = 5_000
        /// For so many milliseconds after an attempt to lease an id or to store a ceiling failed, requests that need one
        /// fail as it did.
        public var troubleTime = 100
        /// From a wait of so many milliseconds on, one more node id is leased.
        public var crowdedWait = 20

        /// The usual ones.
        public init() {}
    }

    /// What can be counted.
    public struct Counts: Sendable, Equatable {
        /// Names handed out.
        public var issued = 0
        /// Requests that had to wait for a later millisecond.
        public var waits = 0
        /// Node ids held.
        public var nodes = 0
        /// How often the clock was found to be set back.
        public var clockSteps = 0
        /// Milliseconds that names are ahead of the clock: after a crash, after the clock was set back, or because more were
        /// wanted than a millisecond has.
        public var lead = 0
    }

    private struct State: Sendable {
        var sequence = NameSequence()
        var issued = 0
        var waits = 0
        /// Why there are no more names.
        private(set) var failure: DESError?
        /// Why the last attempt to lease a node id, or to store a ceiling, did not succeed, and when that was (steady).
        var trouble: (error: DESError, since: Int)?
        /// When it makes sense again to ask for one more node id.
        var nextLease = Int.min

        /// No name from now on.
        mutating func fail(_ error: DESError) {
            if failure == nil { failure = error }
            sequence.end()
        }
    }

    private enum Attempt {
        case reserved(NameReservation, wait: Int)
        /// Values up to this millisecond are wanted, and the ceiling is not above it.
        case ceilingReached(Int)
    }

    /// What names begin with unless another prefix is asked for. Values differ whatever the prefix.
    public let prefix: NamePrefix
    private let options: Options
    private let clock: NameClock
    private let state = Monitor(State())
    private let keeper: NodeLeaseKeeper

    /// A generator that holds no node id yet: the first name leases one.
    public init(
        prefix: NamePrefix = .standard, leases: any NodeLeases, clock: NameClock = .system, options: Options = Options()
    ) {
        (self.prefix, self.clock, self.options) = (prefix, clock, options)
        keeper = NodeLeaseKeeper(leases: leases)
    }

    /// What was done so far.
    public var counts: Counts {
        state.withLock { state in
            Counts(
                issued: state.issued, waits: state.waits, nodes: state.sequence.nodeCount,
                clockSteps: state.sequence.stepCount, lead: state.sequence.lead)
        }
    }

    /// Why no name can be had any more: a lease was lost, or the generator was stopped. `nil` as long as all is well.
    public var failure: DESError? { state.withLock { $0.failure } }

    /// Why no name can be had now: ``failure``, or what stands in the way of the next lease or ceiling. `nil` if names can
    /// be had.
    public var obstacle: DESError? {
        state.withLock { state in
            if let failure = state.failure { return failure }
            let now = state.sequence.time(clock)
            if state.sequence.moment(after: 1, now: now) < state.sequence.ceiling { return nil }
            return state.trouble?.error ?? DESError(.unavailable, "no node id is leased yet")
        }
    }

    /// The next name.
    public func next(_ prefix: NamePrefix? = nil) async throws -> DESName {
        if let name = nextIfAtHand(prefix) { return name }
        return try await reserve(1, prefix)[0]
    }

    /// The next name if it needs no wait: no lease, no higher ceiling, no later millisecond.
    public func nextIfAtHand(_ prefix: NamePrefix? = nil) -> DESName? {
        let next = state.withLock { state -> (moment: Int, value: NameValue)? in
            let now = state.sequence.time(clock)
            guard let next = state.sequence.takeOne(now: now) else { return nil }
            state.issued += 1
            return next
        }
        guard let (moment, value) = next else { return nil }
        return DESName(prefix: prefix ?? self.prefix, day: CalendarDay(ofName: moment), value: value)
    }

    /// The next `count` names, in order.
    /// - Parameter day: the day that they bear, at most ``CalendarDay/nameDistanceMax`` days from that of their making; `nil`:
    ///   that one.
    /// - Throws: ``DESError/Code/unavailable`` (transient) if that would take too long, or no node id can be had;
    ///   ``DESError/Code/conflict`` once a lease was lost; ``DESError/Code/invalidArgument`` for a day that is too far away.
    public func reserve(
        _ count: Int, _ prefix: NamePrefix? = nil, of day: CalendarDay? = nil
    ) async throws -> NameReservation {
        precondition(count > 0, "names are reserved by the piece")
        while true {
            switch try attempt(count, prefix ?? self.prefix, day) {
            case .reserved(let reservation, let wait):
                // Whoever keeps leases may be slow; that is not waited for.
                if wait >= options.crowdedWait { Task { await leaseAnother() } }
                if wait > 0 { try await Task.sleep(for: .milliseconds(wait)) }
                return reservation
            case .ceilingReached(let wanted): try await raise(above: wanted)
            }
        }
    }

    private func attempt(_ count: Int, _ prefix: NamePrefix, _ day: CalendarDay?) throws(DESError) -> Attempt {
        let result = state.withLock { state -> Result<Attempt, DESError> in
            if let failure = state.failure { return .failure(failure) }
            let now = state.sequence.time(clock)
            let last = state.sequence.moment(after: count, now: now)
            if state.sequence.nodeCount > 0, last - now > options.leadMax {
                return .failure(NameGenerator.tooMany(state.sequence.nodeCount))
            }
            do throws(DESError) {
                // The first is the farthest from a day to come, the last from one that has passed.
                try day?.checkNames(madeOn: CalendarDay(ofName: max(now, state.sequence.moment)))
                try day?.checkNames(madeOn: CalendarDay(ofName: last))
            } catch {
                return .failure(error)
            }
            guard last < state.sequence.ceiling else { return .success(.ceilingReached(last)) }
            var reservation = NameReservation(prefix: prefix, day: day)
            while reservation.count < count, let run = state.sequence.take(count - reservation.count, now: now) {
                reservation.append(run)
            }
            precondition(reservation.count == count, "all lie below the ceiling")
            state.issued += count
            let wait = max(0, state.sequence.moment - now)
            if wait > 0 { state.waits += 1 }
            return .success(.reserved(reservation, wait: wait))
        }
        return try result.get()
    }

    private static func tooMany(_ nodeCount: Int) -> DESError {
        var error = DESError(.unavailable, "more names are wanted than \(nodeCount) node ids allow; try again later")
        error.isTransient = true
        error.retryAfter = .seconds(1)
        return error
    }

    // MARK: Leases

    /// Leases the first node id, or stores a higher ceiling of those held.
    private func raise(above wanted: Int) async throws {
        try throwTrouble()
        try await keeper.alone { [self] keeper in
            try throwTrouble()
            let (ceiling, now) = try state.withLock { state in
                if let failure = state.failure { throw failure }
                return (state.sequence.ceiling, state.sequence.time(clock))
            }
            guard ceiling <= wanted else { return }  // somebody else has done it
            let higher = max(wanted, now) + options.horizon
            do {
                if keeper.held.isEmpty {
                    guard let lease = try await keeper.acquire(ceiling: higher) else { throw NameGenerator.noNode }
                    state.withLock { state in
                        state.sequence.add(node: lease.node, floor: lease.floor)
                        // A floor in the future is where the names begin: it needs a ceiling above it, the next time.
                        state.sequence.allow(before: max(higher, lease.floor))
                    }
                } else {
                    try await keeper.raise(to: higher)
                    state.withLock { $0.sequence.allow(before: higher) }
                }
                state.withLock { $0.trouble = nil }
            } catch {
                let trouble = error as? DESError ?? DESError(.unavailable, "\(error)")
                state.withLock { state in
                    state.trouble = (trouble, clock.steady())
                    // A lease that is lost is the end: its values may be somebody else's from now on.
                    if trouble.code == .conflict, !keeper.held.isEmpty { state.fail(trouble) }
                }
                throw error
            }
        }
    }

    /// What failed a moment ago is not tried again for every request that waits for it.
    private func throwTrouble() throws {
        try state.withLock { state in
            if let trouble = state.trouble, clock.steady() - trouble.since < options.troubleTime { throw trouble.error }
        }
    }

    /// Leases one more node id if that is allowed and there is one. If not, the names come more slowly.
    private func leaseAnother() async {
        let isWanted = state.withLock { state in
            let now = state.sequence.time(clock)
            guard state.sequence.nodeCount < options.nodeCountMax, now >= state.nextLease else { return false }
            state.nextLease = now + 1_000
            return true
        }
        guard isWanted else { return }
        try? await keeper.alone { [self] keeper in
            // Of what is held now, not of when this was asked for.
            let ceiling = state.withLock { state in
                state.failure == nil && state.sequence.nodeCount < options.nodeCountMax ? state.sequence.ceiling : nil
            }
            guard let ceiling, let lease = try await keeper.acquire(ceiling: ceiling) else { return }
            state.withLock { state in
                state.sequence.add(node: lease.node, floor: lease.floor)
                state.nextLease = Int.min
            }
        }
    }

    private static var noNode: DESError {
        var error = DESError(.unavailable, "no node id is free")
        error.isTransient = true
        return error
    }

    /// Keeps the ceiling ahead, so that no request has to wait for it, until the task is cancelled; then gives back what is
    /// held.
    /// - Parameter onChange: is told when there begins to be an ``obstacle``, or another one, and when there is none any more.
    /// - Throws: ``failure``, once a lease was lost.
    public func run(onChange: @Sendable (DESError?) -> Void = { _ in }) async throws {
        var last: DESError??
        do {
            while true {
                let due = try state.withLock { state in
                    if let failure = state.failure { throw failure }
                    let isDue = state.sequence.ceiling < state.sequence.time(clock) + options.horizon * 3 / 4
                    return isDue ? state.sequence.ceiling : nil
                }
                if let due { try? await raise(above: due) }
                let obstacle = obstacle
                if last != .some(obstacle) { onChange(obstacle) }
                last = .some(obstacle)
                try await Task.sleep(for: .milliseconds(options.horizon / 10))
            }
        } catch is CancellationError {
            try await stop()
        }
    }

    /// Makes no more names, and gives the node ids back, with the last moment that was used.
    public func stop() async throws {
        let ceiling = state.withLock { state in
            state.fail(DESError(.unavailable, "the generator of names was stopped"))
            return state.sequence.moment &+ 1
        }
        try await keeper.alone { keeper in try await keeper.release(at: ceiling) }
    }
}
