import DESCore
public import Glibc
import Synchronization

/// A running server program, of which a test may take the process id to stop, continue or kill it.
///
/// It is killed at the latest when this process ends.
public final class Daemon: Sendable {
    private let command: [String]
    private let log: String
    private let port: UInt16?
    private let process = Mutex<pid_t?>(nil)

    /// Starts `program` in the foreground and waits until something listens on `port`, if it is to.
    init(_ program: String, _ arguments: [String], log: String, port: UInt16? = nil) async throws {
        command = try Program.boundToParent([try Toolbox.path(of: program)] + arguments)
        (self.log, self.port) = (log, port)
        try await start()
    }

    deinit { kill() }

    /// The process id.
    /// - Throws: if it was killed.
    public var pid: pid_t {
        get throws {
            guard let pid = process.withLock({ $0 }) else { throw ServerError("\(command.last ?? "") does not run") }
            return pid
        }
    }

    /// Sends a signal, such as SIGSTOP or SIGCONT.
    public func send(_ signal: Int32) throws { _ = Glibc.kill(try pid, signal) }

    /// Kills it with SIGKILL, also while it is stopped, and waits for its end.
    public func kill() {
        process.withLock { process in
            guard let pid = process else { return }
            _ = Glibc.kill(pid, SIGKILL)
            _ = Program.ending(of: pid)
            process = nil
        }
    }

    /// Kills it and starts it again with the same arguments on the same port.
    public func restart() async throws {
        kill()
        try await start()
    }

    private func start() async throws {
        let pid = try await Program.threads.run { [command, log] in try Program.spawn(command, output: log) }
        process.withLock { $0 = pid }
        guard let port else { return }
        let end = ContinuousClock.now + .seconds(60)
        while true {
            if let socket = try? Loopback.connect(to: port) {
                close(socket)
                return
            }
            guard isRunning, ContinuousClock.now < end else { throw ServerError("it does not start: \(lastWords)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// It stays to be waited for if not.
    private var isRunning: Bool {
        process.withLock { process in
            var info = siginfo_t()
            guard let pid = process else { return false }
            return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo != SIGCHLD
        }
    }

    private var lastWords: String {
        "\(command.joined(separator: " ")): \(Program.contents(of: log).suffix(2_000))"
    }
}
