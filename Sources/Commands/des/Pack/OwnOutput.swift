import DESCore
import Glibc

/// What a pack writes, should the walk meet it: it is not packed into itself.
///
/// The spool file and a file that standard output goes to are known by whatever name. A container that is to be replaced
/// is left out under its own name only: a second name of it stays, and is an ordinary file.
struct OwnOutput: Sendable {
    private var written: FileIdentity?
    private var replaced: Replaced?

    /// A name in a directory, and the file that has it.
    private struct Replaced {
        var directory: FileIdentity
        var name: [UInt8]
        var file: FileIdentity
    }

    /// Nothing that a walk could meet.
    init() {}

    /// The container at `target`, whose spool file is there already; `-` is standard output.
    init(target: String) {
        if target == "-" {
            written = FileIdentity(descriptor: STDOUT_FILENO)
            return
        }
        written = FileIdentity(target + ".partial")
        let directory = FileIdentity(SpoolFile.directory(of: target), isFollowed: true)
        if let file = FileIdentity(target), let directory {
            replaced = Replaced(directory: directory, name: OwnOutput.leaf(target), file: file)
        }
    }

    /// Whether `item`, of which `status` was found, is what is written or replaced.
    func contains(_ item: WalkItem, _ status: stat) -> Bool {
        let file = FileIdentity(status)
        if file == written { return true }
        guard let replaced, file == replaced.file, OwnOutput.leaf(item.path) == replaced.name else { return false }
        var directory = stat()
        let path = item.path.utf8.contains(UInt8(ascii: "/")) ? SpoolFile.directory(of: item.path) : "."
        return fstatat(item.tree.descriptor.rawValue, path, &directory, 0) == 0
            && FileIdentity(directory) == replaced.directory
    }

    private static func leaf(_ path: String) -> [UInt8] {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        return Array(slash.map { path.utf8[path.utf8.index(after: $0)...] } ?? path.utf8[...])
    }
}

extension FileIdentity {
    /// The open file, `nil` if it is no regular one.
    fileprivate init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(status)
    }

    /// What is at `path`, or where a link there leads to; `nil` if there is nothing.
    fileprivate init?(_ path: String, isFollowed: Bool = false) {
        var status = stat()
        guard fstatat(AT_FDCWD, path, &status, isFollowed ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }
}
