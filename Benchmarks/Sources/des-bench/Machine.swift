import DESCore
import Glibc

/// What the figures were measured on.
enum Machine {
    static var pathOfThisProgram: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// One line: processor, cores, memory, kernel, file system, compiler, date.
    static func description(of directory: String) throws -> String {
        let parts = [
            "lscpu | sed -n 's/^Model name: *//p' | head -1", "echo \"$(nproc) cores\"",
            "free -g | awk '/^Mem:/{print $2 \" GiB\"}'", "uname -sr", "stat -f -c %T \(directory)",
            "swift --version 2>/dev/null | sed -n 's/.*\\(Swift version [0-9.]*\\).*/\\1/p' | head -1", "date -u +%F",
        ]
        return try parts.map {
            try Command($0).run(capturing: true).output.split(separator: "\n").first.map(String.init) ?? ""
        }
        .joined(separator: ", ")
    }

    /// A field of /proc/self/status, in bytes.
    static func status(_ field: String) -> Double {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix(field + ":") else { continue }
            return text.split(whereSeparator: { " \t\n".contains($0) }).dropFirst().first.flatMap { Double($0) }
                .map { $0 * 1_024 } ?? 0
        }
        return 0
    }
}

/// A temporary directory.
struct WorkDirectory {
    let path: String

    init(parent: String) throws {
        path = parent + "/des-bench.\(getpid())"
        guard mkdir(path, 0o700) == 0 else { throw Command.Failure(line: "mkdir \(path)") }
    }

    func remove() { try? _ = Command(["/bin/rm", "-rf", path]).run() }
}
