import Glibc
import Testing

/// A program of the system that a test needs, and the package that brings it.
enum Tool: String {
    case python3
    case strace
    case bash

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// Where it is.
    /// - Throws: ``Missing``, which fails the test: nothing is skipped for want of a tool.
    func path() throws -> String {
        guard let path = Tool.find(rawValue) else {
            throw Missing(description: "this test needs \(rawValue): apt-get install \(rawValue)")
        }
        return path
    }

    /// The system's own programs first: a version manager's stand-in costs more than the program.
    static func find(_ program: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return (["/usr/bin", "/bin"] + path.split(separator: ":").map(String.init)).map { $0 + "/" + program }
            .first { access($0, X_OK) == 0 }
    }
}
