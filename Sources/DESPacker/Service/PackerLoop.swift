internal import CoreMetrics
internal import DESCatalog
internal import DESCore
internal import DESRuntime
internal import DESStore
internal import Logging
internal import ServiceLifecycle

/// Looks for rows that are due, and has them packed, some shards at a time, until it is told to end: then what was fetched so
/// far is sealed and committed, and the rest is left to others.
struct PackerLoop: Service {
    private let prepare: @Sendable () async throws -> ShardWorker
    private let catalog: any Catalog
    private let policy: SealPolicy
    private let shardsMax: Int
    private let interval: Duration
    /// How often manifests that are missing are looked for.
    private let sweepInterval: Duration
    private let isOnce: Bool
    private let metrics: PackerMetrics
    private let health: PackerHealth
    private let logger: Logger
    /// Held while this is.
    private let lock: ServiceLock?
    private let events: LoopEvents
    private let budget: ByteBudget
    private let ready: Monitor<ShardWorker?>
    private let isSweeping = Monitor(false)

    /// - Parameter worker: if the deployment was found to be ready.
    init(_ parts: PackerParts, _ worker: ShardWorker?, once: Bool) {
        (prepare, catalog, policy) = ({ try await parts.prepare() }, parts.catalog, parts.policy)
        (shardsMax, interval, sweepInterval) = (parts.shardsMax, parts.interval, parts.sweepInterval)
        (metrics, health, logger, lock) = (parts.metrics, parts.health, parts.logger, parts.lock)
        (events, budget) = (parts.events, parts.budget)
        ready = Monitor(worker)
        isOnce = once
    }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await pack()
        } onGracefulShutdown: { [events] in
            events.stop()
        }
        logger.info("packer.released")
    }

    private func pack() async throws {
        var state = LoopState(shardsMax: shardsMax)
        try await withThrowingDiscardingTaskGroup { group in
            while !events.isStopping, !Task.isCancelled {
                var pause = interval
                do {
                    let survey = try await survey(&state)
                    for (shard, jobs) in state.start(policy.jobs(survey), survey, now: .now) {
                        let worker = try await worker()
                        group.addTask { events.ended((shard, await worker.work(on: shard, jobs))) }
                    }
                    health.succeeded(nil)
                    await recheck(isIdle: state.isIdle)
                    if isOnce, state.isIdle || state.hasGivenUp { break }
                    pause = state.pause(survey, interval: interval)
                } catch {
                    health.failed(error, .store)
                    state.window.failed()
                    if isOnce, state.failed() { throw (error as? DatabaseError).map { DESError($0) } ?? error }
                }
                if state.isSweepDue(now: .now, interval: sweepInterval) {
                    group.addTask { await rewriteManifests() }
                }
                metrics.budgetUsed.record(budget.usedByteCount)
                await wait(&state, upTo: pause)
            }
            // Each seals what it has, and ends.
        }
        if isOnce, state.hasGivenUp {
            throw DESError(.unavailable, "not all could be packed; packer.failed in the log says why")
        }
    }

    /// Waits until it is time to look again: at the latest after `pause`, and at once when work has ended that was worth it.
    private func wait(_ state: inout LoopState, upTo pause: Duration) async {
        let end = ContinuousClock.now + pause
        while !events.isStopping, !Task.isCancelled {
            let left = end - .now
            guard left > .zero else { return }
            var isSurveyDue = false
            for end in await events.wait(upTo: left) {
                if state.ended(end.shard, end.outcome, now: .now) { isSurveyDue = true }
            }
            if isSurveyDue { return }
        }
    }

    private func worker() async throws -> ShardWorker {
        if let made = ready.withLock({ $0 }) { return made }
        let made = try await prepare()
        ready.withLock { $0 = made }
        return made
    }

    private func survey(_ state: inout LoopState) async throws -> PackSurvey {
        _ = try await worker()
        state.willSurvey()
        let start = ContinuousClock.now
        let survey = try await catalog.survey(
            SurveyOrder(
                countMax: policy.countMax, largeByteCountMin: policy.largeByteCountMin,
                placeCountMax: state.window.width, after: state.window.after))
        state.window.took(ContinuousClock.now - start, survey)
        metrics.oldestAge.record((survey.waiting.map(\.oldestAge).max() ?? .zero) / .seconds(1))
        return survey
    }

    /// What did not work is asked again when there is no work that would: others may have done it meanwhile.
    private func recheck(isIdle: Bool) async {
        guard isIdle else { return }
        for part in [StepFault.Part.source, .spool, .commit] where health.hasProblem(part) { health.succeeded(part) }
        guard health.hasProblem(.store), let worker = try? await worker() else { return }
        do {
            _ = try await worker.store.head(LayoutRecord.key(worker.layout.keyPrefix))
            health.succeeded(.store)
        } catch {
            health.failed(error, .store)
        }
    }

    /// Manifests that were not written when their containers were committed: some, whichever, so that those that cannot be
    /// written stand in nobody's way, and packers mostly write different ones.
    private func rewriteManifests() async {
        guard
            isSweeping.update({ wasSweeping in
                defer { wasSweeping = true }
                return !wasSweeping
            })
        else { return }
        defer { isSweeping.withLock { $0 = false } }
        do {
            let worker = try await worker()
            let missing = try await catalog.unmanifested(for: sweepInterval, countMax: 256)
            for container in missing.shuffled().prefix(16) where !events.isStopping {
                do {
                    await worker.manifest(try await Manifest(reading: container, in: worker.store))
                } catch {
                    metrics.manifestsFailed.increment()
                    logger.warning(
                        "packer.manifest_failed",
                        metadata: ["container": "\(container.id)", "reason": .string("\(error)")])
                }
            }
        } catch {
            health.failed(error, .store)
        }
    }
}
