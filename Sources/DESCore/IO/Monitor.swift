internal import Glibc

/// State that threads share and wait for: a mutex and a condition (pthreads).
///
/// Waiting blocks the calling thread, so it belongs on threads of our own, see ``BlockingPool``. Also the lock of this
/// module where nobody waits: ThreadSanitizer sees nothing of what `Synchronization.Mutex` does on Linux (Swift 6.3).
package final class Monitor<State: Sendable>: @unchecked Sendable {  // `state` is touched only with `mutex` held
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        // Waits have a length, whatever the wall clock is set to meanwhile.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    // A thread that waits holds the monitor, so nobody waits on what is freed here.
    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Reads or changes the state, alone. Wakes nobody.
    package func withLock<T>(_ body: (inout State) throws -> T) rethrows -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Changes the state, alone, and wakes all who wait.
    package func update<T>(_ body: (inout State) throws -> T) rethrows -> T {
        try withLock { state in
            defer { pthread_cond_broadcast(condition) }
            return try body(&state)
        }
    }

    /// Wakes one who waits.
    package func signal() { pthread_cond_signal(condition) }

    // No access to `state` may last while a thread waits: others change it meanwhile, and the compiler need not look again
    // within one access.

    /// Asks `body`, alone, now and after each time it is woken, until it has an answer.
    package func wait<T>(_ body: (inout State) throws -> T?) rethrows -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let answer = try body(&state) { return answer }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// The same, but gives up after `seconds`, with `nil`.
    package func wait<T>(seconds: Int, _ body: (inout State) throws -> T?) rethrows -> T? {
        try wait(milliseconds: seconds * 1_000, body)
    }

    /// The same, but gives up after `milliseconds`, with `nil`.
    package func wait<T>(milliseconds: Int, _ body: (inout State) throws -> T?) rethrows -> T? {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = end.tv_nsec + milliseconds % 1_000 * 1_000_000
        end.tv_sec += milliseconds / 1_000 + nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let answer = try body(&state) { return answer }
            if pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { return try body(&state) }
        }
    }
}
