import DESCore
public import Glibc

/// Runs programs to their end, and starts those that must not outlive this process.
public enum Program {
    /// How a program ended and what it said.
    public struct Result: Sendable, CustomStringConvertible {
        /// The exit status; minus the signal's number if a signal ended it.
        public let status: Int32
        /// Standard output and standard error.
        public let output: String
        /// Both, for messages.
        public var description: String { "status \(status): \(output)" }
    }

    /// Threads that live as long as the process. The kernel's parent-death signal is sent when the *thread* that started
    /// the program ends, so no other thread may start one.
    static let threads = BlockingPool(threadCount: 8)

    /// Runs a program of the ``Toolbox`` to its end.
    public static func run(_ program: String, _ arguments: [String]) async throws -> Result {
        try await run(program, arguments, as: nil)
    }

    /// The same, as another user.
    static func run(_ program: String, _ arguments: [String], as user: ServerUser?) async throws -> Result {
        let path = try Toolbox.path(of: program)
        return try await threads.run { () throws -> Result in
            let log = try TemporaryRoot.shared.file()
            defer { unlink(log) }
            let status = ending(of: try spawn(boundToParent([path] + arguments, as: user), output: log))
            return Result(status: status, output: contents(of: log))
        }
    }

    /// Runs a program of the ``Toolbox`` to its end.
    /// - Returns: what it said.
    /// - Throws: if its status is not 0.
    @discardableResult
    public static func check(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await run(program, arguments)
        guard result.status == 0 else { throw ServerError("\(program) \(arguments.joined(separator: " ")): \(result)") }
        return result.output
    }

    /// A command that is killed when this process ends, however it ends. The shell between closes the gap before
    /// `setpriv` has asked for the signal: if this process is gone by then, the program is not started.
    static func boundToParent(_ command: [String], as user: ServerUser? = nil) throws -> [String] {
        // Another user may have no right to be where the tests are.
        let start = (user == nil ? "" : "cd / && ") + "test $PPID = \(getpid()) && exec \"$@\""
        // One `setpriv` for both: the kernel forgets the signal when a process becomes somebody else.
        return [try Toolbox.path(of: "setpriv")] + (user?.options ?? [])
            + ["--pdeathsig", "KILL", "/bin/sh", "-c", start, "sh"] + command
    }

    /// Starts a command with its output in the file `output` and none of this process's descriptors but `input`.
    static func spawn(_ command: [String], input: Int32? = nil, output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // glibc takes no offence at those that are not open.
        for descriptor in 3..<min(1_024, Int32(sysconf(Int32(_SC_OPEN_MAX)))) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        // Default actions and no blocked signals, whatever the test runner has set.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, command[0], &actions, &attributes, &arguments, environ)
        guard status == 0 else { throw ServerError("cannot start \(command[0]): \(DESError.reason(status))") }
        return pid
    }

    /// Waits for a child: its exit status, or minus the signal's number.
    static func ending(of pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }

    /// The processes that a process has started.
    public static func children(of pid: pid_t) -> [pid_t] {
        contents(of: "/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { pid_t($0) }
    }

    /// The text of a file, also of one in /proc; empty if there is none.
    public static func contents(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(file, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }
}
