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
private final class JobQueue: @unchecked Sendable {  // all state is guarded by `mutex`
    private typealias Job = @Sendable () -> Void

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// Jobs from `head` on; those before it were taken out, so that nothing they held is kept.
    private var waiting: [Job?] = []
    private var head = 0
    private var idleCount = 0
    private var threadCount = 0

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    // Never freed while a thread waits on them: each thread holds the queue, and threads end with the process.
    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func add(threadCountMax: Int, _ job: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        waiting.append(job)
        if idleCount >= waiting.count - head {
            pthread_cond_signal(condition)
        } else if threadCount < threadCountMax, startThread() {
            threadCount += 1
        } else if threadCount == 0 {
            // No thread is to be had: better to block here than to fail.
            waiting.removeLast()
            pthread_mutex_unlock(mutex)
            job()
            return
        }
        pthread_mutex_unlock(mutex)
    }

    private func startThread() -> Bool {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().serve()
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private func serve() -> Never {
        while true { next()() }
    }

    private func next() -> Job {
        pthread_mutex_lock(mutex)
        while head == waiting.count {
            idleCount += 1
            pthread_cond_wait(condition, mutex)
            idleCount -= 1
        }
        let job = waiting[head].take()
        head += 1
        if head == waiting.count || head >= 1_024 {
            waiting.removeFirst(head)
            head = 0
        }
        pthread_mutex_unlock(mutex)
        return job ?? {}
    }
}
