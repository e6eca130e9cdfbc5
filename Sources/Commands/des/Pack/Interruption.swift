import Glibc
import Synchronization

/// What SIGINT and SIGTERM do while a container is written: the spool file goes, the exit status says which signal.
///
/// A thread of its own waits for them, so that no code runs inside a signal handler.
enum Interruption {
    private static let removed = Mutex<[String]>([])

    /// From now on an interruption removes `path` before the process ends.
    static func removes(_ path: String) {
        let isFirst = removed.withLock { paths in
            paths.append(path)
            return paths.count == 1
        }
        if isFirst { startThread() }
    }

    private static func startThread() {
        // Blocked in this thread and in those it starts from here on; only the waiting one takes them.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var thread = pthread_t()
        // Without the thread nobody would take the signals: the default, an immediate end, is better.
        if pthread_create(&thread, nil, { _ in Interruption.wait() }, nil) != 0 {
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        }
    }

    private static func wait() -> Never {
        var signals = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &signals)
        var number: Int32 = 0
        sigwait(&signals, &number)
        let paths = removed.withLock { $0 }
        for path in paths { unlink(path) }
        _exit(128 + number)
    }
}
