import DESCore
import Glibc
import Testing

/// A directory of its own for one test; it goes with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/des-store-tests-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) }, "mkdtemp: \(DESError.reason(errno))")
    }

    // By descriptor and name, since keys of many components make paths that are longer than a path may be.
    deinit {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0 { removeContents(of: descriptor) }
        rmdir(path)
    }

    static func / (directory: TemporaryDirectory, name: String) -> String { directory.path + "/" + name }

    /// What is in it or in the directory of that name, sorted.
    func names(in name: String = ".") throws(DESError) -> [String] {
        let directory = try FileDescriptor(opening: self / name, O_RDONLY | O_DIRECTORY)
        return namesInDirectory(directory.rawValue).sorted()
    }

    /// Makes a file, or writes it again in place.
    func write(_ text: String, to name: String) throws(DESError) {
        let file = try FileDescriptor(opening: self / name, O_WRONLY | O_CREAT | O_TRUNC)
        let bytes = Array(text.utf8)
        try file.write(bytes.span.bytes)
    }

    func read(_ name: String) throws(DESError) -> String {
        let file = try FileDescriptor(opening: self / name, O_RDONLY)
        return String(decoding: try file.read(0..<Int(file.status().st_size)), as: UTF8.self)
    }

    func makeDirectory(_ name: String) { #expect(mkdir(self / name, 0o755) == 0, "mkdir: \(DESError.reason(errno))") }

    /// Lets a file or directory look as if nobody had touched it for so long.
    func age(_ name: String, seconds: Int) {
        let then = timespec(tv_sec: time(nil) - seconds, tv_nsec: 0)
        #expect(utimensat(AT_FDCWD, self / name, [then, then], AT_SYMLINK_NOFOLLOW) == 0)
    }
}

private func namesInDirectory(_ descriptor: Int32) -> [String] {
    let again = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard again >= 0, let stream = fdopendir(again) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

/// Closes the descriptor. Only one is open at a time: what is in a directory is moved up before it is removed.
private func removeContents(of descriptor: Int32) {
    defer { close(descriptor) }
    var movedCount = 0
    var waiting = namesInDirectory(descriptor)
    while let name = waiting.popLast() {
        if unlinkat(descriptor, name, 0) == 0 || unlinkat(descriptor, name, AT_REMOVEDIR) == 0 { continue }
        let inner = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard inner >= 0 else { continue }
        for child in namesInDirectory(inner) {
            movedCount += 1
            let moved = ".removing-\(movedCount)"
            if renameat(inner, child, descriptor, moved) == 0 { waiting.append(moved) }
        }
        close(inner)
        unlinkat(descriptor, name, AT_REMOVEDIR)
    }
}
