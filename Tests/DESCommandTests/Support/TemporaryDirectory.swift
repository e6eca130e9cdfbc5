import Glibc
import Testing

/// A directory of one test: made under TMPDIR, gone with everything in it when the last reference goes.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/des-tests-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil, "cannot create a directory in \(parent): errno \(errno)")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Files.remove(path) }

    /// The path of something inside.
    subscript(_ name: String) -> String { path + "/" + name }

    /// Creates files with the given content, and returns the directory's own path for `name`.
    @discardableResult
    func tree(_ name: String, _ files: KeyValuePairs<String, String>) throws -> String {
        if !Files.exists(self[name]) { try Files.makeDirectory(self[name]) }
        for (file, content) in files { try Files.write(self["\(name)/\(file)"], content) }
        return self[name]
    }
}
