import DESCore
import Glibc

/// The directory of what is on its way: files being written, uploads, and the lock of the tree.
///
/// What a crash leaves here is never listed, and removed by ``clean(before:)``.
struct Workspace: ~Copyable {
    let directory: FileDescriptor

    private static let lockName = "lock"

    /// A name that nobody else has.
    static func uniqueName(_ kind: String) -> String {
        kind + "-" + String(UInt64.random(in: .min ... .max), radix: 16)
            + String(UInt64.random(in: .min ... .max), radix: 16)
    }

    /// Takes the lock of the tree, `LOCK_SH` or `LOCK_EX`; it is held as long as what is returned.
    func lock(_ operation: Int32) throws(DESError) -> FileDescriptor {
        guard let file = try DirectoryTree.open(Workspace.lockName, in: directory, O_RDWR | O_CREAT) else {
            throw DESError(.denied, "is a link, which is never followed", place: directory.path + "/lock")
        }
        guard retryingInterrupts({ flock(file.rawValue, operation) }) == 0 else {
            throw .system(errno, "cannot lock", file.path)
        }
        return file
    }

    func makeDirectory(_ name: String) throws(DESError) -> FileDescriptor {
        guard mkdirat(directory.rawValue, name, 0o777) == 0,
            let made = try DirectoryTree.open(name, in: directory, O_RDONLY | O_DIRECTORY)
        else { throw .system(errno, "cannot make", directory.path + "/" + name) }
        return made
    }

    /// An empty file of no name that anybody else knows.
    consuming func makeFile() throws(DESError) -> TemporaryFile { try TemporaryFile(in: directory) }

    /// The directory of an upload; `nil` if there is none.
    func openUpload(_ name: String) throws(DESError) -> FileDescriptor? {
        try DirectoryTree.open(name, in: directory, O_RDONLY | O_DIRECTORY)
    }

    /// Removes a file, or a directory of files; that there is none is no error.
    func remove(_ name: String) throws(DESError) {
        guard let inner = try DirectoryTree.open(name, in: directory, O_RDONLY | O_DIRECTORY) else {
            unlinkat(directory.rawValue, name, 0)
            return
        }
        for name in try names(in: inner) { unlinkat(inner.rawValue, name, 0) }
        unlinkat(directory.rawValue, name, AT_REMOVEDIR)
    }

    /// Removes what nobody has written to since `seconds` (since 1970).
    func clean(before seconds: Int) throws(DESError) {
        for name in try names(in: directory) where name != Workspace.lockName {
            guard let status = try DirectoryTree.status(name, in: directory), status.st_mtim.tv_sec < seconds else {
                continue
            }
            try remove(name)
        }
    }
}

/// The names in a directory, in no order. A name that is not UTF-8 is not one of ours, and left out.
func names(in directory: borrowing FileDescriptor) throws(DESError) -> [String] {
    // A descriptor of its own: closedir closes it, and reading moves its position.
    let raw = openat(directory.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard raw >= 0, let stream = fdopendir(raw) else { throw .system(errno, "cannot list", directory.path) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
        errno = 0
        guard let entry = readdir(stream) else {
            guard errno == 0 else { throw .system(errno, "cannot list", directory.path) }
            return names
        }
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if let name, name != ".", name != ".." { names.append(name) }
    }
}

/// A file in the workspace. It goes with this value, unless it was renamed.
struct TemporaryFile: ~Copyable {
    let file: FileDescriptor
    private let directory: FileDescriptor
    private let name: String

    /// An empty file in `directory`.
    init(in directory: consuming FileDescriptor) throws(DESError) {
        name = Workspace.uniqueName("put")
        guard let file = try DirectoryTree.open(name, in: directory, O_RDWR | O_CREAT | O_EXCL) else {
            throw DESError(.unavailable, "cannot create", place: directory.path + "/" + name)
        }
        self.file = file
        self.directory = directory
    }

    deinit { unlinkat(directory.rawValue, name, 0) }

    /// Gives the file its name, and waits until that is on disk; `false` if one is in the way of ``PutMode/create``.
    func rename(to target: String, in other: borrowing FileDescriptor, _ mode: PutMode) throws(DESError) -> Bool {
        let result =
            switch mode {
            case .create: renameNoReplace(directory.rawValue, name, other.rawValue, target)
            case .overwrite: renameat(directory.rawValue, name, other.rawValue, target)
            }
        if result != 0 {
            if mode == .create, errno == EEXIST { return false }
            throw .system(errno, "cannot rename a temporary file to", other.path + "/" + target)
        }
        try other.synchronize()
        return true
    }

    func version() throws(DESError) -> FileVersion {
        try FileVersion.settled(place: file.path) { () throws(DESError) in try file.status() }
    }
}
