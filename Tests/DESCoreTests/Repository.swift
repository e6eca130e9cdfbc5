import Glibc

/// The files of this project, found from where this source file lies.
enum Repository {
    /// The root, with links resolved: the core tests reach this directory through one.
    static let root: String = {
        let here = "\(#filePath)"
        let directory = here[..<(here.lastIndex(of: "/") ?? here.startIndex)]
        guard let resolved = realpath(String(directory), nil) else { return here }
        defer { free(resolved) }
        // Tests/DESCoreTests
        return String(cString: resolved).split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    }()
}
