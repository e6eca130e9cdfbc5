import DESConsole
import DESCore
import Glibc
import Synchronization

/// SIGINT and SIGTERM, for work that ends well when it is asked to. A second signal ends the process at once.
///
/// A signal that is ignored from the start, as by nohup, stays ignored.
struct Interruption: Sendable {
    /// Readable once a signal came.
    let descriptor: Int32

    /// From now on signals are noted. There can be one only.
    init() throws(DESError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system(errno, "cannot wait for", "signals") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptor = ends[0]
        // Both are made before a handler may ask for them.
        interruptedBy.store(0, ordering: .relaxed)
        interruptionDescriptor.store(ends[1], ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            sigaction(number, nil, &action)
            let handler = action.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) }
            if handler == 1 { continue }  // SIG_IGN
            action = sigaction()
            action.__sigaction_handler.sa_handler = noteSignal
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
    }

    /// The status that the process ends with, once a signal came.
    var status: Int32? {
        let number = interruptedBy.load(ordering: .sequentiallyConsistent)
        return number == 0 ? nil : 128 + number
    }

    /// Waits for a signal.
    /// - Returns: whether there was one.
    func wait(upTo limit: Duration) async throws -> Bool {
        let milliseconds = Int32(clamping: Int(limit / .milliseconds(1)))
        return try await BlockingPool.shared.run { [descriptor] in
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&polled, 1, milliseconds) > 0
        }
    }
}

private let interruptedBy = Atomic<Int32>(0)
private let interruptionDescriptor = Atomic<Int32>(-1)

/// Only what is safe in the middle of anything.
private func noteSignal(_ number: Int32) {
    let before = interruptedBy.compareExchange(expected: 0, desired: number, ordering: .sequentiallyConsistent)
    if !before.exchanged { _exit(128 + number) }
    var byte: UInt8 = 0
    _ = write(interruptionDescriptor.load(ordering: .relaxed), &byte, 1)
}
