internal import DESCore

/// Whether a service has started, and may be sent requests.
///
/// Liveness has no checks: a process that answers lives, and starting it again would not mend what it depends on.
public final class Health: Sendable {
    /// Says what is wrong, or `nil`.
    public typealias Check = @Sendable () -> String?

    private struct State {
        var isStarted = false
        var isDraining = false
        var checks: [(name: String, check: Check)] = []
    }

    private let state = Monitor(State())
    private let start = NameClock.system.steady()

    /// A service that has not started yet.
    public init() {}

    /// Readiness needs `check` to find nothing wrong. It is asked at every probe, so it must not wait.
    public func require(_ name: String, _ check: @escaping Check) {
        state.withLock { $0.checks.append((name, check)) }
    }

    /// The service has started.
    public func started() { state.withLock { $0.isStarted = true } }

    /// The service ends: not ready from now on.
    public func drain() { state.withLock { $0.isDraining = true } }

    /// It has started once.
    public var isStarted: Bool { state.withLock { $0.isStarted } }

    /// Seconds since the service began to start.
    public var uptime: Int { (NameClock.system.steady() - start) / 1_000 }

    /// What stands in the way of readiness, by check; empty if nothing does.
    public var obstacles: [(name: String, problem: String)] {
        let (isStarted, isDraining, checks) = state.withLock { ($0.isStarted, $0.isDraining, $0.checks) }
        if isDraining { return [("service", "stopping")] }
        if !isStarted { return [("service", "starting")] }
        return checks.compactMap { check in check.check().map { (check.name, $0) } }
    }
}
