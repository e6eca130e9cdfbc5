/// What one task waits for and others may give: the first answer counts, later ones are dropped.
package final class Answer<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = Monitor(State.open)

    package init() {}

    /// Whether there is one, so that nobody needs another.
    package var isGiven: Bool {
        state.withLock { if case .given = $0 { true } else { false } }
    }

    /// Gives one.
    package func give(_ value: Value) {
        let waiting: CheckedContinuation<Value, Never>? = state.withLock { state in
            switch state {
            case .given: return nil
            case .open:
                state = .given(value)
                return nil
            case .awaited(let continuation):
                state = .given(value)
                return continuation
            }
        }
        waiting?.resume(returning: value)
    }

    /// Waits for it. Only one task may.
    package func wait() async -> Value {
        await withCheckedContinuation { continuation in
            let given: Value? = state.withLock { state in
                if case .given(let value) = state { return value }
                state = .awaited(continuation)
                return nil
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}

extension Task where Failure == any Error {
    /// The value of a task that others wait for too: who is cancelled waits no longer, and the task goes on.
    package var valueUnlessCancelled: Success {
        get async throws {
            let answer = Answer<Result<Success, any Error>>()
            Task<Void, Never> { answer.give(await result) }
            return try await withTaskCancellationHandler {
                try await answer.wait().get()
            } onCancel: {
                answer.give(.failure(_Concurrency.CancellationError()))
            }
        }
    }
}
