import DESCore
import Glibc

/// The directory that entries are written to. Nothing is ever created outside it, and no link below it is followed.
///
/// Every component of a name is opened on its own with O_NOFOLLOW, relative to the one before. Not safe to use from two
/// threads at once: each worker has its own, which remembers the directory it wrote to last.
final class ExtractionRoot {
    private let root: FileDescriptor
    private let path: String
    private let umask: mode_t
    private let replaces: Bool
    private var current: Directory?

    /// A directory below the root, kept open.
    private struct Directory: ~Copyable {
        var name: String
        var descriptor: FileDescriptor
    }

    /// Opens `path`, and creates it if it is not there.
    init(path: String, replacing: Bool, umask: mode_t) throws(DESError) {
        (self.path, self.umask, replaces) = (path, umask, replacing)
        root = try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    }

    /// Writes a small file whose content is at hand and checked.
    func writeFile(_ name: EntryName, _ content: RawSpan, _ meta: Metadata) throws {
        try withNewFile(name, meta) { file throws in try file.write(content) }
    }

    /// Begins a file that is written piece by piece; it is under its name only once it is published.
    func beginFile(_ name: EntryName) throws -> PartialFile {
        let (directory, leaf) = try parent(of: name)
        let copy = fcntl(directory, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw failure(name, "cannot open the directory of") }
        let place = FileDescriptor(taking: copy, path: path)
        return try PartialFile(named: leaf, in: place, of: self, path: path + "/" + name.string)
    }

    /// Creates an empty directory. One that is there already is left as it is, unless files are replaced.
    func makeDirectory(_ name: EntryName, _ meta: Metadata) throws(DESError) {
        let (directory, leaf) = try parent(of: name)
        let isNew = mkdirat(directory, leaf, 0o777) == 0
        guard isNew || errno == EEXIST else { throw failure(name, "cannot create") }
        let descriptor = openat(directory, leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw DESError(
                .conflict, "there already is something that is no directory", place: path + "/" + name.string)
        }
        let opened = FileDescriptor(taking: descriptor, path: path + "/" + name.string)
        guard isNew || replaces else { return }
        if let mode = meta.mode, fchmod(opened.rawValue, mode_t(mode & 0o777)) != 0 {
            throw .system(errno, "cannot set the mode", opened.path)
        }
        try setTime(opened, meta, opened.path)
    }

    /// Creates a symbolic link.
    func makeLink(_ name: EntryName, target: RawSpan, _ meta: Metadata) throws {
        let (directory, leaf) = try parent(of: name)
        guard let text = target.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }), !text.isEmpty,
            !text.utf8.contains(0)
        else { throw DESError(.corrupt, "the target of the link \(name.quoted) is no path", place: path) }
        let partial = replaces ? partialName : leaf
        guard symlinkat(text, directory, partial) == 0 else { throw failure(name, "cannot create the link") }
        if let time = meta.modified {
            var times = [time.timespec, time.timespec]
            utimensat(directory, partial, &times, AT_SYMLINK_NOFOLLOW)
        }
        if replaces { try publish(partial, as: leaf, in: directory, path + "/" + name.string) }
    }

    private func withNewFile(
        _ name: EntryName, _ meta: Metadata, _ fill: (borrowing FileDescriptor) throws -> Void
    ) throws {
        let (directory, leaf) = try parent(of: name)
        let mode = meta.mode.map { mode_t($0 & 0o777) } ?? 0o666
        // A name that is replaced gets its content under another one first.
        let target = replaces ? partialName : leaf
        let descriptor = retryingInterrupts {
            openat(directory, target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        }
        guard descriptor >= 0 else { throw failure(name, "cannot create") }
        let file = FileDescriptor(taking: descriptor, path: path + "/" + name.string)
        do {
            try fill(file)
            try finish(file, meta, created: mode & ~umask)
            if replaces {
                try file.synchronize()  // before it takes the place of another one
                try publish(target, as: leaf, in: directory, path + "/" + name.string)
            }
        } catch {
            unlinkat(directory, target, 0)
            throw error
        }
    }

    /// Mode and time, after the content, as writing changes the time. Set-user-id, set-group-id and sticky bits are not
    /// taken from a container, which may come from anybody.
    fileprivate func finish(_ file: borrowing FileDescriptor, _ meta: Metadata, created: mode_t) throws(DESError) {
        let mode = meta.mode.map { mode_t($0 & 0o777) } ?? 0o666 & ~umask
        if mode != created, fchmod(file.rawValue, mode) != 0 { throw .system(errno, "cannot set the mode", file.path) }
        try setTime(file, meta, file.path)
    }

    private func setTime(_ file: borrowing FileDescriptor, _ meta: Metadata, _ what: String) throws(DESError) {
        guard let time = meta.modified else { return }
        var times = [time.timespec, time.timespec]
        guard futimens(file.rawValue, &times) == 0 else { throw .system(errno, "cannot set the time", what) }
    }

    fileprivate func publish(_ partial: String, as leaf: String, in directory: Int32, _ path: String) throws {
        let result =
            replaces ? renameat(directory, partial, directory, leaf) : renameNoReplace(directory, partial, leaf)
        guard result == 0 else {
            let error = DESError.system(errno, "cannot create", path)
            unlinkat(directory, partial, 0)
            throw error
        }
    }

    private func failure(_ name: EntryName, _ what: String) -> DESError {
        DESError.system(errno, what, path + "/" + name.string)
    }

    /// A free name beside the target. Left behind only by a crash.
    fileprivate var partialName: String {
        ".des-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
    }

    /// The open directory of a name and its last component.
    private func parent(of name: EntryName) throws(DESError) -> (Int32, String) {
        if let fault = name.pathFault {
            throw DESError(.invalidArgument, "not extracted: the name \(name.quoted) \(fault)", place: path)
        }
        guard let slash = name.string.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (root.rawValue, name.string) }
        let directory = String(name.string[..<slash])
        let leaf = String(name.string[name.string.utf8.index(after: slash)...])
        if !isCurrent(directory) {
            do throws(DESError) {
                current = Directory(name: directory, descriptor: try openDirectory(directory))
            } catch {
                var error = error
                error.place = path + "/" + name.string  // what cannot be written is the entry
                throw error
            }
        }
        return (current?.descriptor.rawValue ?? -1, leaf)
    }

    private func isCurrent(_ directory: String) -> Bool {
        guard current != nil else { return false }
        return current?.name.utf8.elementsEqual(directory.utf8) ?? false
    }

    /// Opens a directory below the root, component by component, and creates what is missing. `name` comes from a name
    /// without a path fault.
    private func openDirectory(_ name: String) throws(DESError) -> FileDescriptor {
        var parent = fcntl(root.rawValue, F_DUPFD_CLOEXEC, 0)
        guard parent >= 0 else { throw .system(errno, "cannot open", path) }
        // Cut at bytes: to Swift a slash before a combining mark is another character, to the system it is a slash.
        for part in name.utf8.split(separator: UInt8(ascii: "/")) {
            let component = String(Substring(part))
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            var next = openat(parent, component, flags)
            if next < 0, errno == ENOENT, mkdirat(parent, component, 0o777) == 0 || errno == EEXIST {
                next = openat(parent, component, flags)
            }
            let number = errno
            close(parent)
            guard next >= 0 else {
                guard number == ELOOP || number == ENOTDIR else {
                    throw .system(number, "cannot create the directory", path + "/" + name)
                }
                throw DESError(
                    .conflict, "cannot create the directory: a part of it is a link or a file, which is not followed",
                    place: path + "/" + name)
            }
            parent = next
        }
        return FileDescriptor(taking: parent, path: path + "/" + name)
    }
}

/// A file on its way, under another name beside its own. Dropped without ``publish(_:in:)``, it is gone.
final class PartialFile: Sendable {
    private let file: FileDescriptor
    private let directory: FileDescriptor
    private let leaf: String
    private let partial: String

    fileprivate init(
        named leaf: String, in directory: consuming FileDescriptor, of root: ExtractionRoot, path: String
    ) throws(DESError) {
        (self.leaf, partial) = (leaf, root.partialName)
        let raw = openat(
            directory.rawValue, partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PartialFile.mode)
        guard raw >= 0 else { throw .system(errno, "cannot create", path) }
        file = FileDescriptor(taking: raw, path: path)
        self.directory = directory
    }

    /// Nobody else reads it before it is whole.
    private static let mode: mode_t = 0o600

    // After it was published there is nothing under this name.
    deinit { unlinkat(directory.rawValue, partial, 0) }

    /// Appends a piece.
    func write(_ piece: RawSpan) throws(DESError) { try file.write(piece) }

    /// Sets mode and time and gives the file its name.
    func publish(_ meta: Metadata, in root: ExtractionRoot) throws {
        try root.finish(file, meta, created: PartialFile.mode)
        try root.publish(partial, as: leaf, in: directory.rawValue, file.path)
    }
}

extension Timestamp {
    /// As the system's calls take it.
    fileprivate var timespec: timespec { Glibc.timespec(tv_sec: seconds, tv_nsec: nanoseconds) }
}
