internal import DESCore

/// Runs an actor on a thread of its own: what it does may block, and stops nobody else.
final class ThreadExecutor: SerialExecutor {
    private struct State: Sendable {
        /// Each keeps the executor until it is done; the thread alone does not, so that it ends with the actor.
        var jobs: [(job: UnownedJob, executor: ThreadExecutor)] = []
        var isEnded = false
    }

    private let state = Monitor(State())

    /// - Throws: if there can be no further thread.
    init() throws {
        try startThread { [state] in
            while true {
                let jobs = state.wait { state -> [(job: UnownedJob, executor: ThreadExecutor)]? in
                    guard state.jobs.isEmpty else {
                        defer { state.jobs = [] }
                        return state.jobs
                    }
                    return state.isEnded ? [] : nil
                }
                if jobs.isEmpty { return }
                for (job, executor) in jobs { job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
            }
        }
    }

    deinit { state.update { $0.isEnded = true } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.update { $0.jobs.append((job, self)) }
    }
}
