import DESCore

/// A place for one value between a thread that makes values and a task that uses them.
final class Handoff<Value: Sendable>: Sendable {
    private struct State {
        var waiting: Value?
        var isEnded = false
        var failure: (any Error)?
        var consumer: CheckedContinuation<Void, Never>?

        /// Whether the task has something to do.
        var isReady: Bool { waiting != nil || isEnded || failure != nil }
    }

    private let state = Monitor(State())

    /// Leaves a value for the task, once it has taken the one before.
    func add(_ value: Value) throws {
        let consumer = try state.wait { state -> CheckedContinuation<Void, Never>?? in
            if let failure = state.failure { throw failure }
            guard state.waiting == nil else { return nil }
            state.waiting = value
            // In the same step: a task that comes later must not be woken for a value that was taken before.
            return .some(state.consumer.take())
        }
        consumer?.resume()
    }

    /// No more values come.
    func end() {
        change { $0.isEnded = true }
    }

    /// Ends both sides with an error.
    func fail(_ error: any Error) {
        change { state in
            if !state.isEnded { state.failure = state.failure ?? error }
        }
    }

    private func change(_ change: (inout State) -> Void) {
        state.update { state in
            change(&state)
            return state.consumer.take()
        }?.resume()
    }

    /// The next value, `nil` at the end.
    func next() async throws -> Value? {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if !state.isReady { state.consumer = continuation }
                return state.isReady
            }
            if isReady { continuation.resume() }
        }
        return try state.update { state in
            if let failure = state.failure { throw failure }
            assert(state.isReady)
            return state.waiting.take()
        }
    }
}
