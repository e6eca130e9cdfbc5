internal import DESCore

/// Tells those who wait in this process that there are new rows. Other processes are not heard: they are found by looking.
final class Arrivals: Sendable {
    private struct State: Sendable {
        /// Rows have come since somebody last waited.
        var isPending = false
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
        var nextID = 0
    }

    private let state = Monitor(State())

    func announce() {
        let waiting = state.withLock { state in
            if state.waiting.isEmpty { state.isPending = true }
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    /// Waits for rows, for `limit`, or until the task is cancelled.
    /// - Returns: whether there are rows.
    func wait(upTo limit: Duration) async -> Bool {
        let alarm = Task {
            try? await Task.sleep(for: limit)
            wake()
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.isPending || Task.isCancelled {
                        defer { state.isPending = false }
                        return state.isPending
                    }
                    state.waiting[state.nextID] = continuation
                    state.nextID += 1
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            wake()
        }
    }

    private func wake() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }
}
