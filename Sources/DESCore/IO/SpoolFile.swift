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
    private var writeback = Writeback()
    /// Committed or abandoned: the spool file is not ours any more.
    private var isOver = false
    private let isRemovedWhenInterrupted: Bool

    /// Opens the spool file of `path`.
    ///
    /// With `removedWhenInterrupted`, SIGINT, SIGTERM and SIGHUP remove it from its creation on, before they end the
    /// process: for a program that writes one container.
    /// - Throws: ``DESError/Code/conflict`` if `path` exists and is not to be replaced, another process is writing it, or
    ///   a whole container or somebody else's file has the name of the spool file.
    public init(path: String, replacing: Bool = false, removedWhenInterrupted: Bool = false) throws(DESError) {
        self.path = path
        replaces = replacing
        isRemovedWhenInterrupted = removedWhenInterrupted
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        name = String(slash.map { path[path.utf8.index(after: $0)...] } ?? path[...])
        partialName = name + ".partial"
        directory = try FileDescriptor(opening: SpoolFile.directory(of: path), O_RDONLY | O_DIRECTORY)
        guard !name.isEmpty, name != ".", name != ".." else {
            throw DESError(.invalidArgument, "not the path of a file", place: path)
        }
        // Before the spool file is touched, and again once it is locked.
        try SpoolFile.checkTarget(name, in: directory, path: path, replacing: replacing)
        if removedWhenInterrupted { des_hold_interruptions() }
        do throws(DESError) {
            file = try SpoolFile.lock(partialName, of: name, in: directory, path: path)
        } catch {
            if removedWhenInterrupted { des_keep_when_interrupted() }
            throw error
        }
        if removedWhenInterrupted { des_remove_when_interrupted(file.rawValue, path + ".partial") }
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
        if isRemovedWhenInterrupted { des_keep_when_interrupted() }
    }

    /// The spool file's name still stands for the file that is written, whatever others have done to it meanwhile.
    private var isStillThere: Bool {
        guard let mine = try? file.status() else { return false }
        return SpoolFile.stands(partialName, in: directory, for: mine)
    }

    /// Whether `name` is a name of the file with this status.
    private static func stands(_ name: String, in directory: borrowing FileDescriptor, for mine: stat) -> Bool {
        var there = stat()
        return fstatat(directory.rawValue, name, &there, AT_SYMLINK_NOFOLLOW) == 0
            && FileIdentity(there) == FileIdentity(mine)
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
        _ name: String, of target: String, in directory: borrowing FileDescriptor, path: String
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
            let mine = try file.status()
            guard stands(name, in: directory, for: mine) else { continue }
            // A commit by link and unlink that was cut in between: this is the container under its second name.
            if mine.st_nlink > 1, stands(target, in: directory, for: mine) {
                guard unlinkat(directory.rawValue, name, 0) == 0 else { throw .system(errno, "cannot remove", partial) }
                continue
            }
            guard mine.st_nlink == 1, try isOurs(file, mine) else {
                throw DESError(.conflict, "is in the way, and was not left by a writer of containers", place: partial)
            }
            guard try !isWhole(file, mine) else {
                throw DESError(
                    .conflict,
                    "is in the way: a whole container, packed under this name or by a writer that was killed at its end; "
                        + "rename or remove it", place: partial)
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

    /// Whether a FOOTER ends it: then nothing is missing, and it may be all there is of what was packed.
    private static func isWhole(_ file: borrowing FileDescriptor, _ status: stat) throws(DESError) -> Bool {
        let byteCount = status.st_size
        guard byteCount >= Header.byteCount + Footer.byteCount else { return false }
        let end = try file.read(byteCount - Footer.byteCount..<byteCount)
        do throws(DESError) {
            _ = try Footer(end.span.bytes, containerByteCount: byteCount)
        } catch {
            return error.code == .unsupported  // of a later version
        }
        return true
    }

    /// Appends to the spool file.
    public func write(_ bytes: RawSpan) throws {
        try file.write(bytes)
        byteCount += bytes.byteCount
        writeback.advance(file, to: byteCount)
    }

    /// fsync, read the tail back and compare, rename without replacing (or replacing, if asked), fsync the directory.
    public func commit(tail: [UInt8], byteCount: Int) throws {
        try file.synchronize()
        try file.check(tail: tail, byteCount: byteCount)
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
        if isRemovedWhenInterrupted { des_keep_when_interrupted() }
        try directory.synchronize()
    }
}
