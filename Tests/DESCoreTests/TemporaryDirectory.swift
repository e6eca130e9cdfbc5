import Glibc
import Testing

@testable import DESCore

/// A directory of its own for one test; it goes with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/des-core-tests-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) }, "mkdtemp: \(DESError.reason(errno))")
    }

    deinit {
        for name in names {
            if unlink(self / name) != 0 { rmdir(self / name) }
        }
        rmdir(path)
    }

    static func / (directory: TemporaryDirectory, name: String) -> String { directory.path + "/" + name }

    /// What is in it, sorted.
    var names: [String] { listing(of: path).sorted() }

    /// Makes a file and gives its path.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws(DESError) -> String {
        let file = try FileDescriptor(opening: self / name, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(bytes.span.bytes)
        return self / name
    }

    func read(_ name: String) throws(DESError) -> [UInt8] { try contents(of: self / name) }
}

/// The names in a directory, in no order; none if it cannot be read.
func listing(of path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// All bytes of a file.
func contents(of path: String) throws(DESError) -> [UInt8] {
    let file = try FileDescriptor(opening: path, O_RDONLY)
    let count = try file.status().st_size
    return try file.read(0..<count)
}
