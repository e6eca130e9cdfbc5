import Glibc
import Synchronization
import TestServers
import Testing

/// A program to run: `des` itself, or a tool that looks at what it did.
struct Command {
    /// Where standard output goes.
    enum Output {
        /// Into ``Result/output``.
        case captured
        /// To a file that is there already, such as `/dev/full`.
        case file(String)
        /// Into a pipe that nobody reads.
        case broken
    }

    var program: String
    var arguments: [String]
    var input: [UInt8] = []
    var directory: String?
    var environment: [String: String] = [:]
    var output = Output.captured
    /// A program that does not end within this time hangs: it is killed, and the result says so.
    var secondsMax = 60

    /// `des`, as built beside the running test bundle.
    static func des(_ arguments: String..., in directory: String? = nil, input: [UInt8] = []) -> Command {
        Command(program: DESProgram.path, arguments: arguments, input: input, directory: directory)
    }

    /// A tool of the system.
    /// - Throws: fails the test, with the package to install, if the tool is not there.
    static func tool(_ tool: Tool, _ arguments: [String], in directory: String? = nil) throws -> Command {
        Command(program: try tool.path(), arguments: arguments, directory: directory)
    }

    /// How it ended and what it said.
    struct Result: CustomStringConvertible {
        /// The exit status; minus the signal's number if a signal ended it.
        var status: Int32 = 0
        var output: [UInt8] = []
        var errors = ""
        var commandLine: String

        var text: String { String(decoding: output, as: UTF8.self) }
        /// The lines of standard output.
        var lines: [String] {
            output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
                .map { String(decoding: $0, as: UTF8.self) }
        }
        var description: String {
            "\(commandLine): status \(status), \(output.count) bytes: \(text.prefix(2_000)), errors: \(errors)"
        }
    }

    /// Runs it to its end.
    func run() throws -> Result { try start().wait() }

    /// Starts it.
    func start() throws -> RunningCommand { try Pipes.lock.withLock { _ in try startAlone() } }

    private func startAlone() throws -> RunningCommand {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let stdin = try Pipes.file(input)
        defer { close(stdin) }
        posix_spawn_file_actions_adddup2(&actions, stdin, 0)
        let stdout = try standardOutput()
        let stderr = try Pipes.make()
        defer {
            close(stdout.write)
            close(stderr.write)
        }
        posix_spawn_file_actions_adddup2(&actions, stdout.write, 1)
        posix_spawn_file_actions_adddup2(&actions, stderr.write, 2)

        var attributes = Command.freshSignals()
        defer { posix_spawnattr_destroy(&attributes) }
        var pid = pid_t()
        // posix_spawn cannot change the directory everywhere; env does, and becomes the program.
        let full = (directory.map { ["/usr/bin/env", "-C", $0] } ?? []) + [program] + arguments
        let status = withStrings(full) { arguments in
            withStrings(environmentLines()) { environment in
                posix_spawn(&pid, full[0], &actions, &attributes, arguments, environment)
            }
        }
        try #require(status == 0, "cannot start \(program): errno \(status)")
        let line = ([program.split(separator: "/").last.map(String.init) ?? ""] + arguments).joined(separator: " ")
        return RunningCommand(
            pid: pid, stdout: stdout.read, stderr: stderr.read, secondsMax: secondsMax, commandLine: line)
    }

    private func standardOutput() throws -> (read: Int32, write: Int32) {
        switch output {
        case .captured: return try Pipes.make()
        case .file(let path):
            let file = open(path, O_WRONLY | O_CLOEXEC)
            try #require(file >= 0, "cannot open \(path)")
            return (-1, file)
        case .broken:
            let pipe = try Pipes.make()
            close(pipe.read)
            return (-1, pipe.write)
        }
    }

    /// Default actions and no blocked signals, whatever the test runner has set.
    private static func freshSignals() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    /// Little of the surroundings, so that they cannot change a result.
    private func environmentLines() -> [String] {
        var all = ["LC_ALL": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"]
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"] {
            if let value = getenv(name) { all[name] = String(cString: value) }
        }
        return all.merging(environment) { $1 }.map { "\($0)=\($1)" }
    }
}

/// `des`, in the directory of the test bundle that is running.
enum DESProgram {
    static let path = Toolbox.built("des")
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withStrings<R>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { preconditionFailure("never empty: it ends with NULL") }
        return body(start)
    }
}
