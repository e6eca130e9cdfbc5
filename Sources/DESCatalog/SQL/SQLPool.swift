internal import DESCore

/// A bounded number of connections, each lent to one at a time; who finds none waits for its turn.
final class SQLPool: Sendable {
    private struct State: Sendable {
        var idle: [SQLConnection] = []
        /// Connections there may still be.
        var unmadeCount: Int
        var waiting: [CheckedContinuation<SQLConnection?, Never>] = []
    }

    private let open: SQLConnection.Opener
    private let state: Monitor<State>

    /// Connections that are made when they are needed.
    init(countMax: Int, _ open: @escaping SQLConnection.Opener) {
        self.open = open
        state = Monitor(State(unmadeCount: countMax))
    }

    /// Runs `body` with a session, on the session's thread.
    func run<T: Sendable>(_ body: @Sendable (any SQLSession) throws -> T) async throws -> T {
        let connection: SQLConnection
        if let known = await take() {
            connection = known
        } else {
            do { connection = try SQLConnection(open) } catch {
                giveBack(nil)
                throw error
            }
        }
        defer { giveBack(connection) }
        return try await connection.run(body)
    }

    /// Runs `body` in a transaction of its own.
    func transaction<T: Sendable>(_ body: @Sendable (any SQLSession) throws -> T) async throws -> T {
        try await run { session in try session.transaction { try body(session) } }
    }

    /// `nil`: the caller may make one.
    private func take() async -> SQLConnection? {
        await withCheckedContinuation { continuation in
            let ready: SQLConnection?? = state.withLock { state in
                if let idle = state.idle.popLast() { return .some(idle) }
                if state.unmadeCount > 0 {
                    state.unmadeCount -= 1
                    return .some(nil)
                }
                state.waiting.append(continuation)
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    private func giveBack(_ connection: SQLConnection?) {
        let next = state.withLock { state -> CheckedContinuation<SQLConnection?, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            if let connection { state.idle.append(connection) } else { state.unmadeCount += 1 }
            return nil
        }
        next?.resume(returning: connection)
    }
}
