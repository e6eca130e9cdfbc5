import DESCatalog

@testable import DESPacker

/// Every state that an attempt and the world around it can be in together, and those that can follow.
struct AttemptGraph {
    struct State: Hashable, CustomStringConvertible {
        var attempt: PackAttempt
        var world: World

        // How often something has failed says only how long to wait.
        static func == (a: State, b: State) -> Bool {
            a.world == b.world && a.attempt.position == b.attempt.position
                && a.attempt.mayBeCommitted == b.attempt.mayBeCommitted
                && a.attempt.isLeaseLost == b.attempt.isLeaseLost
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(world)
            hasher.combine(attempt.position)
        }

        var description: String { "\(attempt.position), \(world)" }
    }

    /// One container, as the catalog has it.
    struct World: Hashable {
        var container: ContainerState?
        var hasObject = false
        /// Somebody else has the shard.
        var isTaken = false
        /// A transaction that holds the lease of the shard, and that nobody waits for any more.
        var pending: PackAttempt.Step?

        /// It is committed, or a transaction that is on its way may still do it.
        var mayBeCommitted: Bool { container == .committed || pending == .commit && !isTaken && container == .uploaded }

        /// What a transaction makes of it, once it has the lease.
        mutating func perform(_ step: PackAttempt.Step) -> PackAttempt.Answer {
            switch step {
            case .write: return .written(1)
            case .upload: hasObject = true
            case .ask: return .state(container)
            case _ where isTaken: return .failed(.leaseLost)
            case .claim:
                container = .writing
                return .claimed(1)
            case .announce:
                guard container == .writing else { return .failed(.leaseLost) }
                container = .uploaded
            case .commit:
                guard container == .uploaded else { return .failed(.leaseLost) }
                container = .committed
            case .abandon:
                guard container != .committed else { return .failed(.leaseLost) }
                container = container.map { _ in .abandoned }
            }
            return .done
        }

        /// What is on its way is done.
        mutating func settle() {
            if let pending { _ = perform(pending) }
            pending = nil
        }

        /// What may have become of the transaction on its way, for who needs the lease after it.
        var settled: [World] {
            guard pending != nil else { return [self] }
            var (done, undone) = (self, self)
            done.settle()
            undone.pending = nil
            return [done, undone]
        }

        /// The same, and what others may have done meanwhile.
        var later: [World] {
            let taken = settled.map { world in
                var taken = world
                taken.isTaken = true
                if taken.container == .writing || taken.container == .uploaded { taken.container = .abandoned }
                return taken
            }
            return [self] + settled + taken
        }
    }

    private(set) var followers: [State: [State]] = [:]

    init() {
        var open = [State(attempt: PackAttempt(), world: World())]
        while let state = open.popLast() {
            guard followers[state] == nil else { continue }
            let next = AttemptGraph.followers(of: state)
            followers[state] = next
            open += next
        }
    }

    private static func followers(of state: State) -> [State] {
        // What is on its way, and others, go on after the end, too.
        guard let step = state.attempt.step else {
            return state.world.later.map { State(attempt: state.attempt, world: $0) }
        }
        var next: [State] = []
        func add(_ answer: PackAttempt.Answer, _ world: World) {
            var attempt = state.attempt
            attempt.take(answer)
            next.append(State(attempt: attempt, world: world))
        }
        for world in state.world.later {
            add(.failed(.refused), world)
            if step == .claim { add(.claimed(0), world) }
            if step == .write { add(.written(0), world) }
            // Who learns that the lease is lost writes and uploads no more.
            if step == .write || step == .upload, world.isTaken { add(.failed(.leaseLost), world) }
            add(.failed(.unknown), world)
            let needsLease = [.claim, .announce, .commit, .abandon].contains(step)
            for world in needsLease ? world.settled : [world] {
                var done = world
                let answer = done.perform(step)
                add(answer, done)
                add(.failed(.unknown), done)
                guard needsLease else { continue }
                var pending = world
                pending.pending = step
                add(.failed(.unknown), pending)
            }
        }
        return next
    }
}
