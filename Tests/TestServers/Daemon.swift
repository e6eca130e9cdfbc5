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
    /// - Parameters:
    ///   - program: of the ``Toolbox``, or a path.
    ///   - environment: variables it has besides those of this process.
    ///   - log: the file that takes its output; by default a temporary one.
    public convenience init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], log: String? = nil,
        port: UInt16? = nil
    ) async throws {
        try await self.init(program, arguments, as: nil, environment: environment, log: log, port: port)
    }

    /// The same, as another user.
    init(
        _ program: String, _ arguments: [String], as user: ServerUser?, environment: [String: String] = [:],
        log: String? = nil, port: UInt16? = nil
    ) async throws {
        let path = program.contains("/") ? program : try Toolbox.path(of: program)
        let variables = environment.map { "\($0.key)=\($0.value)" }
        command = try Program.boundToParent(
            (variables.isEmpty ? [] : [try Toolbox.path(of: "env")] + variables) + [path] + arguments, as: user)
        (self.log, self.port) = (try log ?? TemporaryRoot.shared.file(), port)
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
    public func kill() { end(with: SIGKILL) }

    /// Ends it with a signal on which it ends soon, also while it is stopped, and waits for that.
    func end(with signal: Int32) {
        process.withLock { process in
            guard let pid = process else { return }
            _ = Glibc.kill(pid, signal)
            _ = Glibc.kill(pid, SIGCONT)
            _ = Program.ending(of: pid)
            process = nil
        }
    }

    /// What it has written so far.
    public var output: String { Program.contents(of: log) }

    /// Waits for its end.
    /// - Returns: the exit status; minus the signal's number if a signal ended it.
    public func ending() async throws -> Int32 {
        let pid = try pid
        let status = try await HTTPConnection.run { Program.ending(of: pid) }
        process.withLock { $0 = nil }
        return status
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

    /// Whether it runs. It stays to be waited for if not.
    public var isRunning: Bool {
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
