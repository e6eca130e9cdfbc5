import Glibc
import Testing

/// Runs a program under strace, which makes chosen system calls fail: faults at the very call, every time.
///
/// Only calls that concern one of `paths` are touched: those that name it as it is, or use a descriptor of it.
struct Strace {
    private let injections: [String]
    private let paths: [String]

    /// - Parameter injections: as after strace's `-e`, such as `inject=fsync:error=EIO:when=1`.
    init(_ injections: String..., path paths: String...) {
        (self.injections, self.paths) = (injections, paths)
    }

    func run(_ command: Command) throws -> Command.Result { try start(command).wait() }

    func start(_ command: Command) throws -> RunningCommand {
        var traced = command
        traced.program = try Tool.strace.path()
        traced.arguments = ["-f", "-q", "-o", "/dev/null"]
        traced.arguments += paths.flatMap { ["-P", $0] } + injections.flatMap { ["-e", $0] }
        traced.arguments += ["--", command.program] + command.arguments
        return try traced.start()
    }

    /// The lines that strace itself wrote to standard error, such as about paths, are not the program's.
    static func ownErrors(_ result: Command.Result) -> String {
        result.errors.split(separator: "\n").filter { !$0.hasPrefix("strace: ") }.joined(separator: "\n")
    }
}
