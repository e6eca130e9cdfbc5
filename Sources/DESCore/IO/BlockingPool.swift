internal import Glibc

/// Threads of our own for calls that block: file reads, file writes, checksums of large regions.
///
/// The cooperative pool has as many threads as cores; a call that waits on a disk there stops unrelated work.
/// Jobs start in the order of their submission. The pool lives as long as the process.
public final class BlockingPool: Sendable {
    /// Threads of this pool, and so jobs at work at one time.
    public let threadCount: Int
    private let jobs = JobQueue()

    /// For short file operations: as many threads as cores, but at least four, for disks that like a queue.
    public static let shared = BlockingPool(threadCount: max(4, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// A pool of `threadCount` threads, each started when a job first needs it.
    public init(threadCount: Int) {
        self.threadCount = threadCount
    }

    /// Runs `body` on one of the threads. Not interrupted by cancellation: `body` runs to its end.
    public func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            jobs.add(threadCountMax: threadCount) { continuation.resume(with: Result(catching: body)) }
        }
    }
}

/// A first-in first-out queue and the threads that serve it.
private final class JobQueue: Sendable {
    private typealias Job = @Sendable () -> Void

    private struct State {
        /// Jobs from `head` on; those before it were taken out, so that nothing they held is kept.
        var waiting: [Job?] = []
        var head = 0
        var idleCount = 0
        var threadCount = 0

        mutating func take() -> Job? {
            guard head < waiting.count else { return nil }
            let job = waiting[head].take()
            head += 1
            if head == waiting.count || head >= 1_024 {
                waiting.removeFirst(head)
                head = 0
            }
            return job
        }
    }

    private let state = Monitor(State())

    func add(threadCountMax: Int, _ job: @escaping @Sendable () -> Void) {
        let isAccepted = state.withLock { state in
            if state.idleCount > state.waiting.count - state.head {
                state.waiting.append(job)
                self.state.signal()
            } else if state.threadCount < threadCountMax, (try? startThread { self.serve() }) != nil {
                state.waiting.append(job)
                state.threadCount += 1
            } else if state.threadCount > 0 {
                state.waiting.append(job)
            } else {
                return false
            }
            return true
        }
        // No thread is to be had: better to block here than to fail.
        if !isAccepted { job() }
    }

    private func serve() {
        while true { next()() }
    }

    private func next() -> Job {
        var isIdle = false
        return state.wait { state in
            let job = state.take()
            if (job == nil) != isIdle {
                isIdle.toggle()
                state.idleCount += isIdle ? 1 : -1
            }
            return job
        }
    }
}
