/// Runs a program under strace, which makes chosen system calls fail: faults at the very call, every time.
///
/// Only calls that concern one of `paths` are touched: those that name it as it is written here, or use a descriptor
/// of it.
struct Strace {
    private let injections: [String]
    private let paths: [String]

    /// - Parameter injections: what follows strace's `-e inject=`, such as `fsync:error=EIO:when=1`.
    init(_ injections: String..., on paths: String...) {
        (self.injections, self.paths) = (injections, paths)
    }

    func run(_ command: Command) throws -> Command.Result { try start(command).wait() }

    func start(_ command: Command) throws -> RunningCommand {
        var traced = command
        traced.program = try Tool.strace.path()
        traced.arguments = ["-f", "-q", "-o", "/dev/null"]
        traced.arguments += paths.flatMap { ["-P", $0] } + injections.flatMap { ["-e", "inject=\($0)"] }
        traced.arguments += ["--", command.program] + command.arguments
        return try traced.start()
    }
}

extension Command {
    /// The same with a limit on the size of files: the write that crosses it takes a part, the next one fails.
    func withFileSizeMax(_ byteCount: Int) throws -> Command {
        let program = """
            import os, resource, signal, sys
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
            os.execv(sys.argv[2], sys.argv[2:])
            """
        var limited = self
        limited.program = try Tool.python3.path()
        limited.arguments = ["-ISBc", program, "\(byteCount)", self.program] + arguments
        return limited
    }
}
