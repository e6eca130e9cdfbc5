import CDESCore
import DESCore
import Glibc

/// The files of a ``DirectoryStore``: every call blocks. No link below the root is ever followed.
struct DirectoryTree: Sendable {
    /// An absolute path.
    let root: String

    /// Mode bits of a file, `nil` if there is none of that name.
    static func kind(_ name: String, in directory: borrowing FileDescriptor) throws(DESError) -> mode_t? {
        try status(name, in: directory).map { $0.st_mode & S_IFMT }
    }

    static func status(_ name: String, in directory: borrowing FileDescriptor) throws(DESError) -> stat? {
        var status = stat()
        if fstatat(directory.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return status }
        guard errno == ENOENT else { throw .system(errno, "cannot stat", directory.path + "/" + name) }
        return nil
    }

    /// Opens a file or directory; `nil` if there is none of that name, or a link.
    static func open(
        _ name: String, in directory: borrowing FileDescriptor, _ flags: Int32
    ) throws(DESError) -> FileDescriptor? {
        let path = directory.path + "/" + name
        let raw = retryingInterrupts { openat(directory.rawValue, name, flags | O_CLOEXEC | O_NOFOLLOW, 0o666) }
        if raw >= 0 { return FileDescriptor(taking: raw, path: path) }
        // ENXIO: a socket.
        guard [ENOENT, ENOTDIR, ELOOP, ENXIO].contains(errno) else { throw .system(errno, "cannot open", path) }
        return nil
    }

    func openRoot() throws(DESError) -> FileDescriptor { try FileDescriptor(opening: root, O_RDONLY | O_DIRECTORY) }

    /// Opens the directory of these names; `nil` if it is not there.
    func openDirectory(_ names: some Sequence<String>) throws(DESError) -> FileDescriptor? {
        var directory = try openRoot()
        for name in names {
            guard let next = try DirectoryTree.open(name, in: directory, O_RDONLY | O_DIRECTORY) else { return nil }
            directory = next
        }
        return directory
    }

    /// Opens the file of an object; `nil` if there is none.
    func openObject(_ path: ObjectPath) throws(DESError) -> FileDescriptor? {
        guard let directory = try openDirectory(path.directories) else { return nil }
        let flags = O_RDONLY | O_NONBLOCK
        guard var file = try DirectoryTree.open(path.file, in: directory, flags) else { return nil }
        var kind = try file.status().st_mode & S_IFMT
        if kind == S_IFDIR {
            guard let own = try DirectoryTree.open(ObjectPath.ownObject, in: file, flags) else { return nil }
            kind = try own.status().st_mode & S_IFMT
            file = own
        }
        guard kind == S_IFREG else { return nil }
        return file
    }

    /// The path below the root that an object has, or would have.
    func currentPath(_ path: ObjectPath) throws(DESError) -> ObjectPath {
        guard let directory = try openDirectory(path.directories),
            try DirectoryTree.kind(path.file, in: directory) == S_IFDIR
        else { return path }
        var own = path
        own.names.append(ObjectPath.ownObject)
        return own
    }

    /// Removes the file of an object, if there is one.
    func remove(_ path: ObjectPath) throws(DESError) {
        let lock = try openWorkspace().lock(LOCK_SH)
        defer { _ = lock.rawValue }
        let current = try currentPath(path)
        guard let directory = try openDirectory(current.directories),
            try DirectoryTree.kind(current.file, in: directory) == S_IFREG
        else { return }
        if unlinkat(directory.rawValue, current.file, 0) != 0 {
            guard errno == ENOENT else { throw .system(errno, "cannot remove", directory.path + "/" + current.file) }
        }
        try directory.synchronize()
    }
}

// Writing. Who only adds or replaces a file holds the tree's lock shared; who makes a directory holds it exclusively until
// that is on disk. So nobody builds on a directory that a power failure could take, and no file is replaced while it moves.
extension DirectoryTree {
    /// Gives a whole file its name, and waits until that is on disk.
    /// - Returns: the version, `nil` if an object is in the way of ``PutMode/create``.
    func commit(_ temporary: borrowing TemporaryFile, to path: ObjectPath, _ mode: PutMode) throws -> FileVersion? {
        try temporary.file.synchronize()
        if let isDone = try commit(temporary, to: path, mode, LOCK_SH) ?? commit(temporary, to: path, mode, LOCK_EX) {
            return isDone ? try temporary.version() : nil
        }
        throw DESError(.conflict, "a directory of this path was removed meanwhile", place: root)
    }

    /// Whether the file has got its name; `nil` if directories are missing and may not be made under a shared `lock`.
    private func commit(
        _ temporary: borrowing TemporaryFile, to path: ObjectPath, _ mode: PutMode, _ lock: Int32
    ) throws(DESError) -> Bool? {
        let workspace = try openWorkspace()
        let held = try workspace.lock(lock)
        defer { _ = held.rawValue }
        guard let directory = try lock == LOCK_EX ? makeDirectory(path.directories) : openDirectory(path.directories)
        else { return nil }
        if try DirectoryTree.kind(path.file, in: directory) == S_IFDIR {
            guard let own = try DirectoryTree.open(path.file, in: directory, O_RDONLY | O_DIRECTORY) else { return nil }
            return try temporary.rename(to: ObjectPath.ownObject, in: own, mode)
        }
        return try temporary.rename(to: path.file, in: directory, mode)
    }

    /// Opens the directory of these names, makes what is missing of it, and moves objects that are in the way.
    private func makeDirectory(_ names: some Sequence<String>) throws(DESError) -> FileDescriptor? {
        var directory = try openRoot()
        for name in names {
            let path = directory.path + "/" + name
            switch try DirectoryTree.kind(name, in: directory) {
            case S_IFDIR: break
            case S_IFREG: try moveInside(name, in: directory)
            case nil:
                guard mkdirat(directory.rawValue, name, 0o777) == 0 else { throw .system(errno, "cannot make", path) }
                try directory.synchronize()
            default: throw DESError(.denied, "is neither a directory nor a file, and never followed", place: path)
            }
            guard let next = try DirectoryTree.open(name, in: directory, O_RDONLY | O_DIRECTORY) else { return nil }
            directory = next
        }
        return directory
    }

    /// Makes a directory of a file, with the file in it as the object of the directory's key, in one step.
    private func moveInside(_ name: String, in directory: borrowing FileDescriptor) throws(DESError) {
        let workspace = try openWorkspace()
        let spare = Workspace.uniqueName("move")
        let made = try workspace.makeDirectory(spare)
        let path = directory.path + "/" + name
        guard linkat(directory.rawValue, name, made.rawValue, ObjectPath.ownObject, 0) == 0 else {
            throw .system(errno, "cannot link", path)
        }
        try made.synchronize()
        guard des_rename_exchange(workspace.directory.rawValue, spare, directory.rawValue, name) == 0 else {
            throw .system(errno, "cannot make a directory of", path)
        }
        try directory.synchronize()
        unlinkat(workspace.directory.rawValue, spare, 0)
    }

    func openWorkspace() throws(DESError) -> Workspace {
        let root = try openRoot()
        if let directory = try DirectoryTree.open(ObjectPath.workspace, in: root, O_RDONLY | O_DIRECTORY) {
            return Workspace(directory: directory)
        }
        guard mkdirat(root.rawValue, ObjectPath.workspace, 0o777) == 0 || errno == EEXIST,
            let directory = try DirectoryTree.open(ObjectPath.workspace, in: root, O_RDONLY | O_DIRECTORY)
        else { throw .system(errno, "cannot make", self.root + "/" + ObjectPath.workspace) }
        return Workspace(directory: directory)
    }
}
