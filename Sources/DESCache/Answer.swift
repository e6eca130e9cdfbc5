internal import Synchronization

/// What one task waits for and others may give: the first answer counts, later ones are dropped.
final class Answer<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = Mutex(State.open)

    /// Whether there is one, so that nobody needs another.
    var isGiven: Bool {
        state.withLock { if case .given = $0 { true } else { false } }
    }

    func give(_ value: Value) {
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
    func wait() async -> Value {
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
