import Glibc

/// A door that jobs wait at until a test opens it: for saying "while this one is still at work" without any sleep.
final class Gate: @unchecked Sendable {  // all state is guarded by `mutex`
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isOpen = false
    private var waitingCount = 0

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Blocks the calling thread until ``open()``.
    func pass() {
        pthread_mutex_lock(mutex)
        waitingCount += 1
        pthread_cond_broadcast(condition)
        while !isOpen { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }

    func open() {
        pthread_mutex_lock(mutex)
        isOpen = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Blocks until `count` threads have come to ``pass()``.
    /// - Returns: `false` if they did not within five minutes, so that a test fails and does not hang.
    func waitForArrivals(_ count: Int) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_sec += 300
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waitingCount < count {
            if pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { return false }
        }
        return true
    }
}
