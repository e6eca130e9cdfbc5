internal import DESCore
internal import Glibc
internal import Synchronization

/// A few connections to one server, and as many threads that use them.
///
/// A connection is made when an operation finds none, kept when the operation succeeded, and closed when it did not.
final class RedisConnections: Sendable {
    typealias Operation<Value> = @Sendable (RedisConnection, RedisConnection.Deadline) throws(RedisFailure) -> Value

    private let endpoint: RedisEndpoint
    private let pool: BlockingPool
    private let idle = Mutex<[RedisConnection]>([])

    init(to endpoint: RedisEndpoint, count: Int) {
        self.endpoint = endpoint
        pool = BlockingPool(threadCount: count)
    }

    /// Runs `operation` on a thread with a connection of its own, within `timeOut` from now.
    ///
    /// Who waits is let go at the deadline and when the task is cancelled, also while the thread is held up: looking up
    /// a host's name takes as long as it takes.
    func perform<Value: Sendable>(
        within timeOut: Duration, _ operation: @escaping Operation<Value>
    ) async -> Result<Value, RedisFailure> {
        let deadline = ContinuousClock.now + timeOut
        let answer = Answer<Result<Value, RedisFailure>>()
        Task.immediate {
            try? await pool.run {
                if !answer.isGiven { answer.give(self.result(of: operation, before: deadline)) }
            }
        }
        let alarm = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            answer.give(.failure(.timedOut))
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await answer.wait()
        } onCancel: {
            answer.give(.failure(.cancelled))
        }
    }

    private func result<Value>(
        of operation: Operation<Value>, before deadline: RedisConnection.Deadline
    ) -> Result<Value, RedisFailure> {
        // The threads are ours alone. hiredis calls write(2), which raises SIGPIPE if the server has closed.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        do throws(RedisFailure) {
            let connection = if let open = takeIdle() { open } else { try RedisConnection(endpoint, before: deadline) }
            let value = try operation(connection, deadline)
            idle.withLock { $0.append(connection) }
            return .success(value)
        } catch {
            return .failure(error)
        }
    }

    /// The connection used last, without those that the server has closed in the meantime.
    private func takeIdle() -> RedisConnection? {
        while let connection = idle.withLock({ $0.popLast() }) {
            if connection.isReady { return connection }
        }
        return nil
    }
}
