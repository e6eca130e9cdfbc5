import DESCore
import Glibc

/// `des-bench DES OUT.md` measures everything and writes the table. `des-bench loop NAME ARGUMENT…` runs one loop in a
/// process of its own, so that its memory is its own, and prints one number a line.
@main
enum DESBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count >= 3, arguments[1] == "loop" {
            try await Loop.run(arguments[2], Array(arguments[3...]))
        } else if arguments.count == 3 {
            try await Suite(des: arguments[1]).run(writingTo: arguments[2])
        } else {
            note("usage: des-bench DES OUT.md")
            exit(64)
        }
    }
}
