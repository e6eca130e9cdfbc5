internal import CDESCore
internal import Glibc

/// A container on its way: `<path>.partial` under an exclusive lock, renamed to `path` when it is whole and on disk.
///
/// Dropped without ``commit(tail:byteCount:)`` it takes the spool file with it. After a crash the spool file stays and
/// the next writer of the same path takes it over; `path` itself either does not exist or is a whole container.
public final class SpoolFile: ByteSink {
    /// The path of the container.
    public let path: String
    /// Whether an existing container at `path` is replaced.
    public let replaces: Bool

    private let file: FileDescriptor
    private let directory: FileDescriptor
    private let name: String
    private let partialName: String
    private var byteCount = 0
    private var writebackStart = 0
    /// Committed or abandoned: the spool file is not ours any more.
    private var isOver = false

    /// Dirty bytes are sent to disk in steps of this size while more come in, so that the fsync at the end is short.
    private static let writebackByteCount = 8 << 20

    /// Opens the spool file of `path`.
    /// - Throws: ``DESError/Code/conflict`` if `path` exists and is not to be replaced, or another process is writing it.
    public init(path: String, replacing: Bool = false) throws(DESError) {
        self.path = path
        replaces = replacing
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        name = String(slash.map { path[path.utf8.index(after: $0)...] } ?? path[...])
        partialName = name + ".partial"
        directory = try FileDescriptor(opening: SpoolFile.directory(of: path), O_RDONLY | O_DIRECTORY)
        guard !name.isEmpty, name != ".", name != ".." else {
            throw DESError(.invalidArgument, "not the path of a file", place: path)
        }
        // Before the spool file is touched, and again once it is locked.
        try SpoolFile.checkTarget(name, in: directory, path: path, replacing: replacing)
        file = try SpoolFile.lock(partialName, in: directory, path: path)
        try SpoolFile.checkTarget(name, in: directory, path: path, replacing: replacing)
    }

    /// The directory that holds `path`.
    public static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    deinit { abandon() }

    /// Removes the spool file, unless it has become the container.
    public func abandon() {
        if isOver { return }
        isOver = true
        if isStillThere { unlinkat(directory.rawValue, partialName, 0) }
        des_keep_when_interrupted()
    }

    /// The spool file's name still stands for the file that is written, whatever others have done to it meanwhile.
    private var isStillThere: Bool {
        var there = stat()
        guard let mine = try? file.status(), fstatat(directory.rawValue, partialName, &there, AT_SYMLINK_NOFOLLOW) == 0
        else { return false }
        return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)
    }

    private static func checkTarget(
        _ name: String, in directory: borrowing FileDescriptor, path: String, replacing: Bool
    ) throws(DESError) {
        var status = stat()
        guard fstatat(directory.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFREG, S_IFLNK: break
        case S_IFDIR: throw DESError(.conflict, "is a directory", place: path)
        default: throw DESError(.conflict, "is a device, pipe or socket, which is never replaced", place: path)
        }
        if !replacing { throw DESError(.conflict, "already exists, and is never overwritten unasked", place: path) }
    }

    /// Opens and locks the spool file; one that a dead writer left is taken over and emptied.
    private static func lock(
        _ name: String, in directory: borrowing FileDescriptor, path: String
    ) throws(DESError) -> FileDescriptor {
        let partial = path + ".partial"
        while true {
            let raw = openat(directory.rawValue, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
            guard raw >= 0 else { throw .system(errno, "cannot create", partial) }
            let file = FileDescriptor(taking: raw, path: partial)
            guard flock(raw, LOCK_EX | LOCK_NB) == 0 else {
                throw errno == EWOULDBLOCK
                    ? DESError(.conflict, "another process is writing this container", place: path)
                    : .system(errno, "cannot lock", partial)
            }
            // Between open and lock its owner may have renamed or removed it: then this is not the spool file any more.
            var there = stat()
            let mine = try file.status()
            guard fstatat(directory.rawValue, name, &there, AT_SYMLINK_NOFOLLOW) == 0,
                (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)
            else { continue }
            // A commit by link and unlink that was cut in between: this is a container under its second name.
            if mine.st_nlink > 1 {
                guard unlinkat(directory.rawValue, name, 0) == 0 else { throw .system(errno, "cannot remove", partial) }
                continue
            }
            guard try isOurs(file, mine) else {
                throw DESError(.conflict, "is in the way, and was not left by a writer of containers", place: partial)
            }
            guard ftruncate(raw, 0) == 0 else { throw .system(errno, "cannot empty", partial) }
            return file
        }
    }

    /// A spool file that a dead writer left: empty, or with the beginning of a HEADER.
    private static func isOurs(_ file: borrowing FileDescriptor, _ status: stat) throws(DESError) -> Bool {
        guard status.st_mode & S_IFMT == S_IFREG else { return false }
        let count = min(status.st_size, Header.byteCount)
        return Header.bytes.starts(with: try file.read(0..<count))
    }

    /// From now on SIGINT, SIGTERM and SIGHUP remove the spool file before they end the process. For a program that
    /// writes one container; a later call replaces an earlier one.
    public func removeWhenInterrupted() { _ = des_remove_when_interrupted(path + ".partial") }

    /// Appends to the spool file.
    public func write(_ bytes: RawSpan) throws {
        try file.write(bytes)
        byteCount += bytes.byteCount
        if byteCount - writebackStart >= SpoolFile.writebackByteCount {
            des_start_writeback(file.rawValue, Int64(writebackStart), Int64(byteCount - writebackStart))
            writebackStart = byteCount
        }
    }

    /// fsync, read the tail back and compare, rename without replacing (or replacing, if asked), fsync the directory.
    public func commit(tail: [UInt8], byteCount: Int) throws {
        try file.synchronize()
        let status = try file.status()
        let found = try file.read(max(0, byteCount - tail.count)..<byteCount)
        guard status.st_size == byteCount, found == tail else {
            throw DESError(
                .corrupt, "what was read back differs from what was written", offset: byteCount - tail.count,
                place: path + ".partial")
        }
        guard isStillThere else {
            throw DESError(
                .conflict, "the spool file was removed or replaced by somebody else", place: path + ".partial")
        }
        let result =
            replaces
            ? renameat(directory.rawValue, partialName, directory.rawValue, name)
            : renameNoReplace(directory.rawValue, partialName, name)
        guard result == 0 else { throw DESError.system(errno, "cannot rename \(partialName)", path) }
        isOver = true
        des_keep_when_interrupted()
        try directory.synchronize()
    }
}
