internal import CoreMetrics
internal import DESCatalog
internal import DESCore
internal import DESRuntime
internal import DESStore
internal import Logging

/// Packs what is due of one shard, under a lease: does what ``PackAttempt`` decides.
struct ShardWorker: Sendable {
    let catalog: any PackerCatalog
    /// The same, with connections of its own: a renewal does not wait behind a commit.
    let leases: any PackerCatalog
    let layout: DeploymentLayout
    let store: any ObjectStore
    let small: ContainerBuilder
    let large: ContainerBuilder
    let manifests: any ManifestWriter
    let uploads: ByteBudget
    let widths = ClaimWidths()
    let rows: RowPolicy
    let policy: SealPolicy
    let isBodyOutside: Bool
    let holder: String
    let timeToLive: Duration
    let metrics: PackerMetrics
    let health: PackerHealth
    let logger: Logger

    /// How the work on a shard came out.
    enum Outcome: Sendable {
        /// Something was packed, or taken back: there may be more.
        case done
        /// There was nothing to do, or somebody else does it.
        case nothing
        /// Something does not work: the shard rests for a while.
        case failed
    }

    /// Leases `shard`, takes back what was left there, and does `jobs`.
    func work(on shard: ShardID, _ jobs: [PackJob]) async -> Outcome {
        let lease: ShardLease
        do {
            guard let given = try await catalog.acquire(shard, holder: holder, timeToLive: timeToLive) else {
                metrics.lockConflicts.increment()
                return .nothing
            }
            lease = given
            health.succeeded(nil)
        } catch {
            health.failed(error, .store)
            return .failed
        }
        metrics.leasesHeld.add(1)
        defer { metrics.leasesHeld.add(-1) }
        let keeper = LeaseKeeper(catalog: leases, lease: lease, timeToLive: timeToLive)
        let (outcome, isHeld) = await keeper.whileHeld { await work(under: lease, jobs) }
        guard isHeld else {
            metrics.leasesLost.increment()
            logger.warning("packer.lease_lost", metadata: ["shard": "\(shard)", "epoch": "\(lease.epoch)"])
            return .failed
        }
        // One that cannot be given back runs out.
        do { try await catalog.release(lease) } catch CatalogError.leaseLost {
            metrics.leasesLost.increment()
        } catch {
            health.failed(error, .store)
        }
        return outcome ?? .failed
    }

    private func work(under lease: ShardLease, _ jobs: [PackJob]) async -> Outcome {
        var outcome = jobs.isEmpty ? Outcome.done : .nothing
        for job in jobs where !Task.isCancelled && !small.isStopping() {
            switch await pack(job, lease) {
            case .committed: outcome = .done
            case .nothing: break
            case .abandoned, .lost: return .failed
            }
        }
        return outcome
    }

    /// One container.
    private func pack(_ job: PackJob, _ lease: ShardLease) async -> PackAttempt.Ending {
        var attempt = PackAttempt()
        var claim = Claim(job, lease, keyPrefix: layout.keyPrefix, isBodyOutside: isBodyOutside)
        defer { claim.close(metrics) }
        while case .next(let step) = attempt.position {
            // When there is no more time, the next holder of the shard finds out.
            if attempt.failureCount > ShardWorker.lastFailureCountMax, Task.isCancelled { break }
            if attempt.failureCount > 0 { await ShardWorker.pause(attempt.failureCount) }
            attempt.take(await answer(step, &claim))
        }
        guard case .over(let ending) = attempt.position else { return .lost }
        metrics.ended(ending)
        if ending == .committed { await finish(claim) }
        return ending
    }

    static let lastFailureCountMax = 3

    private static func pause(_ failureCount: Int) async {
        let seconds = min(0.1 * Double(1 << min(failureCount, 8)), 5)
        try? await Task.sleep(for: .seconds(seconds * Double.random(in: 0.5...1)))
    }

    // MARK: Steps

    private func answer(_ step: PackAttempt.Step, _ claim: inout Claim) async -> PackAttempt.Answer {
        do {
            let answer = try await perform(step, &claim)
            health.succeeded(claim.part(of: step))
            if step == .write { health.succeeded(.spool) }
            return answer
        } catch CatalogError.leaseLost {
            return .failed(.leaseLost)
        } catch {
            // Without its lease, or when there is no more time, nothing more is done.
            if Task.isCancelled, step == .write || step == .upload { return .failed(.leaseLost) }
            if error is CatalogError {
                logger.error(
                    "packer.rows_differ", metadata: ["container": "\(claim.container)", "reason": "\(error)"])
                return .failed(.refused)
            }
            health.failed(error, claim.fault(of: step, error))
            if step == .commit, let error = error as? DatabaseError, error.kind == .row { refused(&claim, error) }
            switch (error as? DatabaseError)?.kind {
            case .transient, .disconnected: return .failed(.unknown)
            case .setup, .row, nil: return .failed(.refused)
            }
        }
    }

    /// The catalog refuses these rows: one of them cannot be a file, such as one whose name a file has already.
    private func refused(_ claim: inout Claim, _ error: DatabaseError) {
        let shard = claim.lease.shard
        if claim.job.reason != .large { widths.refused(shard, claim.built?.entries.count ?? 0) }
        guard claim.rows.count == 1, let row = claim.rows.first else { return }
        claim.blame(rows.fate(row, DESError(.conflict, error.message)))
        widths.isFound(shard)
    }

    private func perform(_ step: PackAttempt.Step, _ claim: inout Claim) async throws -> PackAttempt.Answer {
        switch step {
        case .claim:
            let width = widths.width(of: claim.lease.shard, policy.countMax)
            claim.take(try await catalog.claim(claim.lease, claim.order(policy, countMax: width)), metrics)
            return .claimed(claim.rows.count)
        case .write:
            try await write(&claim)
            return .written(claim.built?.entries.count ?? 0)
        case .upload:
            guard let sealed = claim.built?.sealed else { return .failed(.refused) }
            let share = uploads.share(sealed.spool.publishByteCountMax)
            try await share.wait()
            defer { withExtendedLifetime(share) {} }
            let start = ContinuousClock.now
            try await sealed.spool.publish()
            metrics.uploaded(in: ContinuousClock.now - start)
            return .done
        case .announce:
            try await catalog.uploaded(claim.container, byteCount: claim.built?.sealed?.byteCount ?? 0, claim.lease)
            return .done
        case .commit:
            guard let built = claim.built else { return .failed(.refused) }
            let start = ContinuousClock.now
            try await catalog.commit(claim.container, built.entries, others: built.others, claim.lease)
            claim.commitTime = ContinuousClock.now - start
            return .done
        case .ask:
            return .state(try await catalog.state(of: claim.container))
        case .abandon:
            let others = claim.built?.others ?? []
            try await catalog.abandon(claim.container, others: others, claim.lease)
            metrics.setAside(others)
            return .done
        }
    }

    private func write(_ claim: inout Claim) async throws {
        let order = BuildOrder(
            container: claim.container, key: claim.key, epoch: claim.lease.epoch, shardBits: layout.shardBits,
            createdAt: claim.container.milliseconds ?? 0, rows: claim.rows, byteCountMax: policy.byteCountMax)
        let built =
            claim.job.reason == .large
            ? try await large.buildLarge(order, outside: isBodyOutside ? store : nil) : try await small.build(order)
        claim.write(built, metrics)
    }

    /// What comes after a commit stands in nobody's way: what fails here is done later.
    private func finish(_ claim: Claim) async {
        guard let built = claim.built else { return }
        let reason = built.early ?? claim.job.reason
        if claim.job.reason != .large {
            if built.early == .bytes {
                widths.filled(claim.lease.shard, with: built.entries.count)
            } else {
                widths.passed(claim.lease.shard, built.entries.count)
            }
        }
        metrics.committed(built, reason, in: claim.commitTime)
        metrics.setAside(built.others)
        logger.info(
            "packer.committed",
            metadata: [
                "container": "\(claim.container)", "key": "\(claim.key.text)", "files": "\(built.entries.count)",
                "bytes": "\(built.sealed?.byteCount ?? 0)", "reason": "\(reason.rawValue)",
                "left": "\(built.others.count)",
            ])
        await manifest(built.manifest(CommittedContainer(id: claim.container, key: claim.key.text)))
    }

    /// Writes a manifest, and says that it is there.
    func manifest(_ manifest: Manifest) async {
        do {
            try await manifests.write(manifest)
            try await catalog.manifested(manifest.container.id)
            metrics.manifestsWritten.increment()
        } catch {
            metrics.manifestsFailed.increment()
            logger.warning(
                "packer.manifest_failed",
                metadata: ["container": "\(manifest.container.id)", "reason": .string("\(error)")])
        }
    }
}
