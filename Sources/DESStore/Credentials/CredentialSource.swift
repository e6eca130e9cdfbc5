public import DESCore
internal import Glibc
internal import Synchronization

/// Credentials that are valid at the moment they are asked for.
///
/// They are kept, and looked for anew five minutes before they expire, by one task while callers go on with what is still
/// valid. Nobody gets expired ones.
public final class CredentialSource: Sendable {
    private let now: @Sendable () -> Timestamp
    private let load: @Sendable () async throws -> Credentials
    private let state = Mutex(State())

    private struct State {
        var current: Credentials?
        /// From this second on the next caller starts a search.
        var refreshAt = Int.min
        var failureCount = 0
        var search: Task<Credentials, any Error>?
    }

    /// Seconds before the expiry at which a search begins; of short-lived credentials, half their time.
    static let earlySeconds = 300
    /// Seconds between two searches that fail while the credentials are still valid: 1, 2, 4 and so on up to this.
    static let backOffSecondsMax = 64

    /// Credentials that `load` finds.
    /// - Parameter now: the time, by which they expire.
    public init(
        now: @escaping @Sendable () -> Timestamp = { CredentialSource.systemTime },
        load: @escaping @Sendable () async throws -> Credentials
    ) {
        self.now = now
        self.load = load
    }

    /// Credentials that are known.
    public convenience init(_ credentials: Credentials) {
        self.init { credentials }
    }

    /// Credentials of the usual places: see ``CredentialChain/standard(_:_:)``.
    convenience init(_ environment: Environment, _ fetch: @escaping HTTPFetch) {
        let chain = CredentialChain.standard(environment, fetch)
        self.init { try await chain.credentials() }
    }

    /// The time by the system's clock.
    public static var systemTime: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// Valid credentials. Any number of callers wait for the same search.
    /// - Throws: what the search threw, if there are none that are still valid.
    public func credentials() async throws -> Credentials {
        let time = now()
        let (valid, search) = state.withLock { state in
            let valid = state.current.flatMap { $0.isExpired(at: time) ? nil : $0 }
            let isDue = valid == nil || time.seconds >= state.refreshAt
            if isDue, state.search == nil { state.search = Task { try await refresh() } }
            return (valid, state.search)
        }
        if let valid { return valid }
        guard let search else { preconditionFailure("a search was started, as nothing is valid") }
        return try await search.valueUnlessCancelled
    }

    /// Forgets credentials that the store refused as expired; of later ones nothing is forgotten, so that many requests
    /// that were refused together cause one search.
    public func invalidate(_ refused: Credentials) {
        state.withLock { state in
            if state.current == refused { state.current = nil }
        }
    }

    /// The search that is under way.
    var search: Task<Credentials, any Error>? { state.withLock { $0.search } }

    private func refresh() async throws -> Credentials {
        do {
            let found = try await load()
            let time = now()
            guard !found.isExpired(at: time) else {
                throw DESError(
                    .denied,
                    "the credentials that were found expired at \(found.expiry?.text ?? "an unknown time"), and it is "
                        + "\(time.text ?? "an unknown time") by the clock of this machine")
            }
            state.withLock { state in
                let left = (found.expiry?.seconds).map { $0 - time.seconds }
                state = State(
                    current: found,
                    refreshAt: left.map { time.seconds + max($0 - Self.earlySeconds, $0 / 2) } ?? Int.max)
            }
            return found
        } catch {
            let time = now().seconds
            state.withLock { state in
                state.search = nil
                state.refreshAt = time + min(1 << min(state.failureCount, 30), Self.backOffSecondsMax)
                state.failureCount += 1
            }
            throw error
        }
    }
}
