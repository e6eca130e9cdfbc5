import Glibc
import Testing

/// Files, without Foundation. Every call fails the test when the system does.
enum Files {
    static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws {
        try #require(mkdir(path, mode) == 0, "cannot create \(path): errno \(errno)")
        chmod(path, mode)
    }

    /// Creates a file, and the directories above it.
    static func write(_ path: String, _ content: [UInt8], mode: mode_t = 0o644) throws {
        try makeParents(of: path)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(file >= 0, "cannot create \(path): errno \(errno)")
        defer { close(file) }
        var done = 0
        while done < content.count {
            let count = content.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            try #require(count > 0, "cannot write \(path): errno \(errno)")
            done += count
        }
        fchmod(file, mode)
    }

    static func write(_ path: String, _ content: String) throws { try write(path, Array(content.utf8)) }

    static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        try #require(file >= 0, "cannot open \(path): errno \(errno)")
        defer { close(file) }
        var status = stat()
        try #require(fstat(file, &status) == 0)
        return [UInt8](unsafeUninitializedCapacity: status.st_size) { buffer, count in
            while count < buffer.count {
                let got = Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got <= 0 { break }
                count += got
            }
        }
    }

    static func text(_ path: String) throws -> String { String(decoding: try read(path), as: UTF8.self) }

    static func link(_ path: String, to target: String) throws {
        try makeParents(of: path)
        try #require(symlink(target, path) == 0, "cannot link \(path): errno \(errno)")
    }

    static func linkTarget(_ path: String) throws -> String {
        try #require(target(of: path), "cannot read the link \(path): errno \(errno)")
    }

    /// What a link leads to; `nil` if there is none.
    static func target(of path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), buffer.count) } ?? -1
        }
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// The status of `path`, links not followed; `nil` if there is nothing.
    static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    static func exists(_ path: String) -> Bool { status(path) != nil }

    static func setTime(_ path: String, seconds: Int, nanoseconds: Int) throws {
        let times = [timespec](repeating: timespec(tv_sec: seconds, tv_nsec: nanoseconds), count: 2)
        try #require(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0, "cannot set the time of \(path)")
    }

    /// The names in a directory, sorted.
    static func names(in path: String) throws -> [String] {
        try rawNames(in: Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The names in a directory as bytes, sorted.
    static func rawNames(in path: [UInt8]) throws -> [[UInt8]] {
        let directory = try #require(withPath(path) { opendir($0) }, "cannot open a directory: errno \(errno)")
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Removes `path` and everything below.
    static func remove(_ path: [UInt8]) {
        var status = stat()
        guard withPath(path, { lstat($0, &status) }) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            _ = withPath(path) { unlink($0) }
            return
        }
        _ = withPath(path) { chmod($0, 0o700) }
        for name in (try? rawNames(in: path)) ?? [] { remove(path + [UInt8(ascii: "/")] + name) }
        _ = withPath(path) { rmdir($0) }
    }

    static func remove(_ path: String) { remove(Array(path.utf8)) }

    /// Calls `body` with a path of any bytes as a C string.
    static func withPath<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
        (path.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("never empty: it ends with 0") }
            return body(start)
        }
    }

    private static func makeParents(of path: String) throws {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else { return }
        let parent = String(path[..<slash])
        if exists(parent) { return }
        try makeParents(of: parent)
        try makeDirectory(parent)
    }
}
