internal import DESCore

/// What the loop waits for: the end of work on a shard, and its own end.
final class LoopEvents: Sendable {
    /// How the work on a shard came out.
    typealias End = (shard: ShardID, outcome: ShardWorker.Outcome)

    private struct State: Sendable {
        var isStopping = false
        var ends: [End] = []
        var waiting: Answer<Void>?
    }

    private let state = Monitor(State())

    /// The end has begun.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    func stop() { wake { $0.isStopping = true } }

    /// The work on a shard is over.
    func ended(_ end: End) { wake { $0.ends.append(end) } }

    private func wake(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.give(())
    }

    /// Waits for either, but no longer than `limit`.
    /// - Returns: what has ended meanwhile.
    func wait(upTo limit: Duration) async -> [End] {
        let answer = Answer<Void>()
        let isReady = state.withLock { state in
            if state.isStopping || !state.ends.isEmpty { return true }
            state.waiting = answer
            return false
        }
        if !isReady {
            let timer = Task {
                try? await Task.sleep(for: limit)
                answer.give(())
            }
            await withTaskCancellationHandler {
                await answer.wait()
            } onCancel: {
                answer.give(())
            }
            timer.cancel()
        }
        return state.withLock { state in
            defer { (state.ends, state.waiting) = ([], nil) }
            return state.ends
        }
    }
}
