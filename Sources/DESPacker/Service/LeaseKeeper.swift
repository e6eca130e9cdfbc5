internal import DESCatalog
internal import DESCore

/// Holds a lease while work goes on: renews it well before it runs out.
struct LeaseKeeper: Sendable {
    let catalog: any PackerCatalog
    let lease: ShardLease
    let timeToLive: Duration

    /// Renewals in the time that a lease lasts.
    private static let renewalsPerLife = 3
    /// After one that failed.
    private static let triesPerLife = 15

    /// Does `work`. When the lease is lost, the task it runs in is cancelled at once.
    ///
    /// A lease that could not be renewed in time is not lost for that: the epoch decides, and nobody may have taken it.
    /// - Returns: what came of it, and whether the lease is still held.
    func whileHeld<T: Sendable>(_ work: @escaping @Sendable () async -> T) async -> (result: T?, isHeld: Bool) {
        await withTaskGroup(of: End<T>.self) { group in
            group.addTask { .ofWork(await work()) }
            group.addTask { await renewUntilLost() ? .ofLease : .ofPatience }
            var (result, isHeld): (T?, Bool) = (nil, true)
            for await end in group {
                switch end {
                case .ofWork(let value): result = value
                case .ofLease: isHeld = false
                case .ofPatience: continue
                }
                group.cancelAll()
            }
            return (result, isHeld)
        }
    }

    private enum End<T: Sendable>: Sendable {
        case ofWork(T)
        case ofLease
        /// The task was cancelled.
        case ofPatience
    }

    /// - Returns: `true` when the lease is lost, `false` when the task is cancelled.
    private func renewUntilLost() async -> Bool {
        var pause = timeToLive / LeaseKeeper.renewalsPerLife
        while true {
            do { try await Task.sleep(for: pause) } catch { return false }
            do {
                guard try await catalog.renew(lease, timeToLive: timeToLive) else { return true }
                pause = timeToLive / LeaseKeeper.renewalsPerLife
            } catch {
                pause = timeToLive / LeaseKeeper.triesPerLife
            }
        }
    }
}
