import DESCatalog
import DESCore

@testable import DESPacker

/// Requests and answers on their way, and what is done of them.
extension Simulation {
    /// Milliseconds.
    mutating func latency(_ most: Int = 40) -> Int { Int.random(in: 1...most, using: &generator) }

    /// Longer than a lease lasts, now and then.
    mutating func longTime() -> Int { Int.random(in: 100...(chance(1, of: 3) ? 30_000 : 4_000), using: &generator) }

    mutating func send(_ request: Request, from life: Life, _ waiting: Waiting) {
        callCount += 1
        var call = Call(
            number: callCount, request: request, from: life, waiting: waiting,
            course: faults.course(using: &generator))
        if case .build = request, call.course != .refused { call.course = .well }
        switch call.course {
        case .well, .unanswered, .undone: break
        case .refused: return answer(call, .refused, at: now + latency(), .refused)
        case .lost: return answer(call, .unknown, at: now + longTime(), .lost)
        case .late: answer(call, .unknown, at: now + longTime(), .late)
        }
        var time = now + (call.course == .late ? longTime() : latency())
        if case .put = request {
            // Nobody holds anything for it: it may take longer than anything else.
            if call.course == .late { time += Int.random(in: 0...60_000, using: &generator) }
            // Who puts sends it again when there is no answer: the first may still arrive.
            if call.course == .well, chance(faults.twice, of: 100) {
                var first = call
                first.course = .late
                agenda.add(.arrival(first), at: now + 2 * longTime())
                coverage.count(.putTwice)
            }
            time += Int.random(in: 0...1_000, using: &generator)
        }
        if case .build = request {
            time += Int.random(in: 0...(chance(1, of: 10) ? 15_000 : 500), using: &generator)
        }
        agenda.add(.arrival(call), at: time)
    }

    private mutating func answer(_ call: Call, _ reply: Reply, at time: Int, _ event: Event) {
        coverage.count(event)
        agenda.add(.delivery(call.from, call.waiting, reply), at: time)
    }

    /// A request gets to its server: a transaction waits for the lease of its shard, if somebody changes it.
    mutating func arrive(_ call: Call) {
        var call = call
        if case .acquire = call.request { call.epoch = catalog.nextEpoch() }
        if let shard = call.request.lockedShard(catalog) {
            guard locks[shard] == nil else {
                coverage.count(.lockWait)
                lockQueue[shard, default: []].append(call)
                return
            }
            lock(shard, call)
        } else {
            take(call)
        }
    }

    private mutating func lock(_ shard: ShardID, _ call: Call) {
        locks[shard] = call.number
        let isSlow = call.course == .late || call.course == .undone
        agenda.add(.effect(call), at: now + (isSlow && chance(1, of: 2) ? longTime() : latency()))
    }

    /// What was asked is done, as a whole and at once.
    mutating func take(_ call: Call) {
        if call.course == .undone {
            journal?.note("\(name(call.from)) \(call.request.word): undone", at: now)
            unlock(call)
            answer(call, .unknown, at: now + longTime(), .undone)
            return
        }
        let isOver = hosts.indices.contains(call.from.host) && hosts[call.from.host].life != call.from
        // Nobody is there any more who fetches.
        if case .build = call.request, isOver { return }
        let reply = perform(call)
        journal?.note(
            "\(name(call.from)) \(call.request.word): \(reply.word)\(call.course == .well ? "" : " (\(call.course))")",
            at: now)
        unlock(call)
        switch call.course {
        case .well: agenda.add(.delivery(call.from, call.waiting, reply), at: now + latency())
        case .unanswered: answer(call, .unknown, at: now + longTime(), .unanswered)
        case .late, .refused, .lost, .undone: break
        }
    }

    private mutating func unlock(_ call: Call) {
        guard let shard = call.request.lockedShard(catalog), locks[shard] == call.number else { return }
        locks[shard] = nil
        guard let next = lockQueue[shard]?.first else { return }
        lockQueue[shard]?.removeFirst()
        lock(shard, next)
    }

    private mutating func perform(_ call: Call) -> Reply {
        do throws(CatalogError) {
            switch call.request {
            case .survey(let order): return .survey(catalog.survey(order, now: now))
            case .acquire(let shard):
                let hadOpen = catalog.containers.values.contains { $0.place.shard == shard && $0.isOpen }
                let lease = catalog.acquire(shard, epoch: call.epoch, timeToLive: settings.timeToLive, now: now)
                if let lease {
                    checker.acquired(lease)
                    coverage.count(.takeover)
                    if hadOpen { coverage.count(.takeoverOfOpen) }
                }
                return .lease(lease)
            case .renew(let lease):
                let isHeld = catalog.renew(lease, timeToLive: settings.timeToLive, now: now)
                coverage.count(isHeld ? .renewed : .renewalLost)
                return .isHeld(isHeld)
            case .release(let lease):
                try catalog.release(lease)
                return .done
            case .claim(let lease, let order):
                return .rows(try catalog.claim(lease, order, now: now))
            case .uploaded(let number, let lease):
                try catalog.uploaded(number, lease)
                return .done
            case .commit(let number, let entries, let others, let lease):
                return try commit(call, number, entries, others, lease)
            case .abandon(let number, let others, let lease):
                try catalog.abandon(number, others: others, lease, now: now)
                if others.contains(where: { sources.bodies[$0.rowID]?.fault == .refused }) {
                    coverage.count(.rowBlamed)
                }
                countFates(others)
                return .done
            case .state(let number): return .state(state(number))
            case .put(let key, let object): return put(call, key, object)
            case .build(let rows, let isLarge): return build(call, rows, isLarge)
            case .abandonStale(let number):
                if catalog.abandonStale(number) { coverage.count(.doctorGaveUp) }
                return .done
            }
        } catch {
            return refusal(call, error)
        }
    }

    private mutating func refusal(_ call: Call, _ error: CatalogError) -> Reply {
        guard error == .leaseLost else {
            coverage.count(.rowsDiffer)
            return .refused
        }
        coverage.count(.leaseLost)
        switch call.request {
        case .commit: coverage.count(.staleCommit)
        case .claim: coverage.count(.staleClaim)
        default: break
        }
        return .leaseLost
    }

    private mutating func commit(
        _ call: Call, _ number: Int, _ entries: [PackedEntry], _ others: [UnpackedRow], _ lease: ShardLease
    ) throws(CatalogError) -> Reply {
        if givenUpByDoctor.contains(number) { coverage.count(.commitAfterDoctor) }
        let holder = catalog.leases[lease.shard]
        let before = catalog
        try catalog.commit(number, entries, others: others, lease, now: now)
        if entries.contains(where: { sources.bodies[$0.rowID]?.fault == .refused }) {
            catalog = before
            coverage.count(.rowRefused)
            return .rowRefused
        }
        checker.committed(number, lease, holder, entries)
        if call.course == .late { coverage.count(.lateCommit) }
        countFates(others)
        return .done
    }

    private mutating func countFates(_ others: [UnpackedRow]) {
        for other in others {
            switch other.fate {
            case .waits: coverage.count(.waitsAgain)
            case .repeated: coverage.count(.repeated)
            case .failed: coverage.count(.letter)
            }
        }
    }

    private mutating func state(_ number: Int) -> ContainerState? {
        let state = catalog.containers[number]?.state
        switch state {
        case .committed: coverage.count(.askedCommitted)
        case .uploaded: coverage.count(.askedUploaded)
        case .writing: coverage.count(.askedWriting)
        case .abandoned: coverage.count(.askedAbandoned)
        case nil: coverage.count(.askedNone)
        }
        return state
    }

    private mutating func put(_ call: Call, _ key: String, _ object: SimulatedObject) -> Reply {
        let before = store.objects[key]
        let isOver = catalog.containers[object.container]?.isOpen != true
        if isOver { coverage.count(.putAfterItsEnd) }
        if before == nil, store.makeCounts[key] != nil { coverage.count(.putAfterDelete) }
        if before != nil { coverage.count(.putReplacedNothing) }
        let isThere = store.put(key, object)
        checker.put(key, object)
        return isThere ? .done : .refused
    }

    private mutating func build(_ call: Call, _ rows: [ClaimedRow], _ isLarge: Bool) -> Reply {
        let isStopping = hosts[call.from.host].packer?.isStopping == true
        let stopCount = isStopping ? Int.random(in: 0...rows.count, using: &generator) : nil
        if isLarge { coverage.count(.large) }
        do throws(SourceOutage) {
            let built = try sources.build(
                rows, isLarge: isLarge, stopCount: stopCount, policy: settings.policy, now: now)
            if built.early == .shutdown { coverage.count(.earlySeal) }
            for other in built.others {
                switch other.fate {
                case .waits(let size):
                    if size ?? 0 >= settings.policy.largeByteCountMin { coverage.count(.foundLarge) }
                case .repeated(let reason, _), .failed(let reason):
                    coverage.count(
                        reason.hasPrefix("is not") ? .rowMissing : reason.hasPrefix("is an") ? .rowChanged : .rowOutage)
                }
            }
            return .built(built)
        } catch {
            coverage.count(.sourceOutage)
            return .refused
        }
    }

    func name(_ life: Life) -> String { hosts.indices.contains(life.host) ? "p\(life.host).\(life.number)" : "doctor" }
}
