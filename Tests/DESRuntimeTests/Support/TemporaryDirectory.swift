import DESCore
import Glibc
import Testing

/// A directory of its own for one test; it goes with the files in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/des-runtime-tests-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) }, "mkdtemp: \(DESError.reason(errno))")
    }

    deinit {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                unlinkat(dirfd(directory), &entry.pointee.d_name.0, 0)
            }
            closedir(directory)
        }
        rmdir(path)
    }

    static func / (directory: TemporaryDirectory, name: String) -> String { directory.path + "/" + name }

    /// Makes a file.
    /// - Returns: its path.
    @discardableResult
    func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        let file = try FileDescriptor(opening: self / name, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(Array(bytes).span.bytes)
        return self / name
    }
}
