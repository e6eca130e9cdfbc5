import Glibc

/// The programs that tests run, as `scripts/install-tools --tests` installs them.
public enum Toolbox {
    /// A program is not there; the message says how to get it.
    public struct Missing: Error, CustomStringConvertible {
        /// What is missing and what to do about it.
        public let description: String
    }

    /// Where `program` is. The system's own come first: a version manager's stand-in costs more than the program.
    /// - Throws: ``Missing``, which fails the test: nothing is skipped for want of a tool.
    public static func path(of program: String) throws -> String {
        let directories = ["\(pythonEnvironment)/bin"] + postgresDirectory + ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        for directory in directories where access("\(directory)/\(program)", X_OK) == 0 {
            return "\(directory)/\(program)"
        }
        throw Missing(description: "\(program) is not installed: run `make tools`")
    }

    /// A program of this package, as built beside the test bundle that is running.
    public static func built(_ program: String) -> String {
        var target = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &target, target.count)
        let bundle = String(decoding: target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (bundle.split(separator: "/").dropLast() + [Substring(program)]).reduce("") { $0 + "/" + $1 }
    }

    /// Where the shared library `name` is: below the directory of the C library, of which there is one for each kind of
    /// machine.
    /// - Throws: ``Missing``, which fails the test.
    public static func path(ofLibrary name: String) throws -> String {
        let line = Program.contents(of: "/proc/self/maps").split(separator: "\n").first { $0.hasSuffix("/libc.so.6") }
        let directory = line?.drop { $0 != "/" }.dropLast("libc.so.6".utf8.count) ?? "/usr/lib/"
        guard access("\(directory)\(name)", R_OK) == 0 else {
            throw Missing(description: "\(directory)\(name) is not installed: run `make tools`")
        }
        return "\(directory)\(name)"
    }

    /// The Python environment with moto, rclone and boto3.
    public static let pythonEnvironment: String = {
        let cache = variable("XDG_CACHE_HOME") ?? "\(variable("HOME") ?? "")/.cache"
        return "\(cache)/des-test-tools/venv"
    }()

    /// Where Debian keeps the newest PostgreSQL that is installed: in no PATH, and what there is of it in /usr/bin is a
    /// stand-in.
    private static let postgresDirectory: [String] = {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob("/usr/lib/postgresql/*/bin/initdb", 0, nil, &found) == 0 else { return [] }
        let versions = (0..<Int(found.gl_pathc)).compactMap { index in
            found.gl_pathv[index].flatMap { Int(String(cString: $0).split(separator: "/")[3]) }
        }
        let directories = versions.sorted(by: >).map { "/usr/lib/postgresql/\($0)/bin" }
        return Array(directories.filter { access("\($0)/postgres", X_OK) == 0 }.prefix(1))
    }()

    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// A server or a tool did not do what a test needs of it.
struct ServerError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
