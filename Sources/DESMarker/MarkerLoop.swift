internal import CoreMetrics
internal import DESCatalog
internal import DESCore
internal import DESRuntime
internal import Logging
internal import ServiceLifecycle

/// Marks batch after batch while there are rows, and waits for more when there are none, until it is told to end: then the
/// batch under way is finished.
struct MarkerLoop: Service {
    private let catalog: any Catalog
    private let configuration: Configuration
    private let order: MarkOrder
    private let batchSize: Int
    private let clock = DatabaseClock()
    private let names: NameSource
    private let metrics: MarkerMetrics
    private let logger: Logger
    /// It ends when there is nothing left to do, or nothing can be done.
    private let isOnce: Bool
    private let layout = Monitor<DeploymentLayout?>(nil)
    private let health: MarkerHealth
    private let interval: Duration
    /// Held while this is.
    private let lock: ServiceLock?

    init(_ catalog: any Catalog, lock: ServiceLock?, _ runtime: ServiceRuntime, once: Bool) {
        (self.catalog, self.lock, configuration) = (catalog, lock, runtime.configuration)
        isOnce = once
        logger = runtime.logger
        metrics = MarkerMetrics(runtime.metrics)
        batchSize = configuration[Settings.markerBatchSize]
        var order = MarkOrder()
        order.minimumAge = configuration[Settings.markerMinimumAge]
        order.retriesMax = configuration[Settings.markerRetriesMax]
        order.backoffBase = configuration[Settings.markerRetryBase]
        order.keepsDeadLetters = configuration[Settings.markerDeadLetters]
        self.order = order
        names = NameSource(
            catalog, nodes: configuration[Settings.markerNodes], holder: MarkerService.holder,
            clock: clock, logger: logger)
        metrics.batchSize.record(batchSize)
        interval = configuration[Settings.markerInterval]
        health = MarkerHealth(runtime, metrics)
        runtime.health.started()
    }

    /// Finds out whether this deployment's rows can be marked, and sets the clock.
    func prepare() async throws {
        let layout = try await catalog.layout()
        try layout.checked(against: configuration)
        try await catalog.checkMarking()
        try await setClock()
        self.layout.withLock { $0 = layout }
    }

    func run() async throws {
        let watch = isOnce ? nil : Task { await watchBacklog() }
        let failure = await drain()
        watch?.cancel()
        await watch?.value
        await names.stop()
        logger.info("marker.released")
        if let failure { throw failure }
    }

    // MARK: Batches

    /// - Returns: why it gave up; never unless it works once.
    private func drain() async -> (any Error)? {
        var delay = RetryDelay(base: order.backoffBase)
        var pass = MarkPass(batchSize: batchSize)
        var passCount = 1
        var bucket = configuration[Settings.markerRateLimit].flatMap { $0.isFinite ? $0 : nil }.map {
            TokenBucket(rate: $0, now: .now)
        }
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                if layout.withLock({ $0 == nil }) { try await prepare() }
                var count = pass.count
                switch bucket?.available(count, now: .now) {
                case .failure(let wait):
                    await pause(wait.time)
                    continue
                case .success(let allowed): count = allowed
                case nil: break
                }
                pass.goOn(now: .now, interval: interval)
                let batch = try await mark(count, &pass)
                bucket?.take(batch.takenCount, now: .now)
                delay.reset()
                if pass.isRefusingAll {
                    health.refusing()
                    await pause(MarkerLoop.refusingPause)
                } else {
                    health.succeeded()
                }
                if pass.isOver, isOnce {
                    if pass.missedCount == 0 || passCount == MarkerLoop.passesOfOnceMax { return nil }
                    passCount += 1
                    pass.begin(now: .now, interval: interval, isWoken: true)
                } else if pass.isOver {
                    await waitForRows(&pass)
                }
            } catch {
                pass.lostNames()
                metrics.failed(error)
                health.failed(error)
                if isOnce, delay.failureCount >= MarkerLoop.failuresOfOnceMax {
                    return (error as? DatabaseError).map { DESError($0) } ?? error
                }
                await pause(delay.next(after: (error as? DatabaseError)?.kind, chance: .random(in: 0...1_000)))
            }
        }
        return nil
    }

    /// When row after row is refused it is likely the fault of all of them, and somebody may mend it in time.
    private static let refusingPause = Duration.seconds(1)
    /// Who works once goes back so often for rows that somebody changed at that moment.
    private static let passesOfOnceMax = 3
    /// Who works once tries this often: some seconds.
    private static let failuresOfOnceMax = 6

    /// One batch, one transaction. Names for the next are made while the database is at work.
    ///
    /// After an error nobody gets the names of this batch: some of them may be in use.
    private func mark(_ count: Int, _ pass: inout MarkPass) async throws -> MarkedBatch {
        if pass.names.count < count { pass.add(try await reserve(count - pass.names.count), now: .now) }
        let ahead = pass.names.count < 2 * count ? count : 0
        async let next = ahead > 0 ? reserve(ahead) : NameBatch()
        let batch = try await mark(count, with: &pass)
        // Without them the next batch says why.
        if let next = try? await next { pass.add(next, now: .now) }
        return batch
    }

    private func reserve(_ count: Int) async throws -> NameBatch {
        guard let layout = layout.withLock({ $0 }) else { return NameBatch() }
        let batch = NameBatch(try await names.reserve(count, layout.namePrefix), bits: layout.shardBits)
        metrics.show(await names.counts)
        return batch
    }

    private func mark(_ count: Int, with pass: inout MarkPass) async throws -> MarkedBatch {
        let given = pass.names.prefix(count)
        let start = ContinuousClock.now
        var batch: MarkedBatch
        do {
            batch = try await catalog.mark(given, after: pass.cursor, order)
        } catch let error as DatabaseError where error.kind == .row {
            // Which row it is turns out when it is alone.
            metrics.failed(error)
            pass.lostNames()
            guard count == 1 else {
                pass.halve(count)
                return MarkedBatch()
            }
            pass.add(try await reserve(1), now: .now)
            batch = try await catalog.markAlone(pass.names, after: pass.cursor, order)
        }
        let time = ContinuousClock.now - start
        if batch.takenCount > 0 { metrics.batchDuration.recordNanoseconds(Int64(time / .nanoseconds(1))) }
        pass.marked(batch, of: count, in: time)
        metrics.add(batch)
        return batch
    }

    private func waitForRows(_ pass: inout MarkPass) async {
        let patience = pass.patience(now: .now, interval: interval)
        let isWoken = await cancelWhenGracefulShutdown {
            // Without notifications the interval alone decides.
            do { return try await catalog.waitForRows(upTo: patience) } catch {
                health.deaf(error)
                try? await Task.sleep(for: patience)
                return false
            }
        }
        // New rows may be older than those that were seen.
        pass.begin(now: .now, interval: interval, isWoken: isWoken)
    }

    private func pause(_ time: Duration) async {
        await cancelWhenGracefulShutdown { try? await Task.sleep(for: time) }
    }

    // MARK: What is shown

    /// Counts the backlog and compares the clocks, now and then: an outage is noticed also while there is nothing to do.
    private func watchBacklog() async {
        while !Task.isCancelled {
            do {
                try await setClock()
                let backlog = try await catalog.backlog(order)
                metrics.backlog.record(backlog.count)
                metrics.oldestAge.record(backlog.oldestAge / .seconds(1))
                health.watched(nil)
            } catch {
                health.watched(error)
            }
            try? await Task.sleep(for: configuration[Settings.markerCheckInterval])
        }
    }

    /// A difference of this many milliseconds is worth a line.
    private static let clockDifferenceMax = 1_000

    private func setClock() async throws {
        let offset = clock.set(aheadOfSteady: try await catalog.clockOffset())
        metrics.clockOffset.record(Double(offset) / 1_000)
        guard abs(offset) > MarkerLoop.clockDifferenceMax else { return }
        logger.warning(
            "marker.clock_differs",
            metadata: [
                "seconds": .stringConvertible(Double(offset) / 1_000),
                "advice": "names have the time of the database; set the clock of this machine",
            ])
    }
}
