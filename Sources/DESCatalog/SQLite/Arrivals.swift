internal import DESCore

/// Tells those who wait in this process that there are new rows. Other processes are not heard: they are found by looking.
final class Arrivals: Sendable {
    private struct State: Sendable {
        /// Rows have come that nobody was told of.
        var isPending = false
        var waiting: [Answer<Bool>] = []
    }

    private let state = Monitor(State())

    func announce() {
        state.withLock { state in
            state.isPending = state.waiting.isEmpty
            for answer in state.waiting { answer.give(true) }
            state.waiting = []
        }
    }

    /// Waits for rows, for `limit`, or until the task is cancelled.
    /// - Returns: whether there are rows.
    func wait(upTo limit: Duration) async -> Bool {
        let answer = Answer<Bool>()
        state.withLock { state in
            if state.isPending { answer.give(true) } else { state.waiting.append(answer) }
            state.isPending = false
        }
        let alarm = Task {
            try? await Task.sleep(for: limit)
            giveUp(answer)
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await answer.wait()
        } onCancel: {
            giveUp(answer)
        }
    }

    /// Under the lock, so that rows are not announced to who has just stopped waiting.
    private func giveUp(_ answer: Answer<Bool>) {
        state.withLock { state in
            state.waiting.removeAll { $0 === answer }
            answer.give(false)
        }
    }
}
