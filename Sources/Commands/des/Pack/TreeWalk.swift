import DESCore
import Glibc

/// One thing to pack, as the walk found it.
struct WalkItem: Sendable {
    enum Kind: Sendable {
        case file
        case symlink
        case emptyDirectory
    }

    /// The tree it belongs to; its descriptor is what `path` is relative to.
    var tree: Tree
    /// Path below the tree's directory.
    var path: String
    /// Name in the container.
    var name: EntryName
    var kind: Kind
}

/// A directory whose files are packed under names relative to it.
final class Tree: Sendable {
    let descriptor: FileDescriptor
    /// As the user wrote it, for messages.
    let path: String

    init(_ path: String) throws(DESError) {
        self.path = path
        descriptor = try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    }

    /// The path of something below, for messages.
    func full(_ relative: String) -> String { path.hasSuffix("/") ? path + relative : path + "/" + relative }
}

/// Walks inputs depth-first, names within a directory in byte order, so that the same tree gives the same container.
///
/// Holds only the directories it is in. Links are not followed. What cannot be packed is reported and left out:
/// devices, sockets, pipes, names that are not UTF-8, directories that cannot be read.
struct TreeWalk {
    /// Where to start: a directory (its content, names relative to it), or one file or link under its own name.
    struct Start: Sendable {
        var tree: Tree
        /// Path below the tree; empty for the tree itself.
        var path: String
    }

    private var starts: ArraySlice<Start>
    private var open: [Level] = []
    private let excludes: [NamePattern]
    private let report: @Sendable (DESError) -> Void

    /// The container that is being written and its spool file, should the walk meet them.
    private let skipped: Set<FileIdentity>

    private struct Level {
        var tree: Tree
        var path: String
        var children: ArraySlice<Child>
    }

    private struct Child {
        var name: [UInt8]
        var type: mode_t
    }

    init(
        _ starts: [Start], excludes: [NamePattern], skipping skipped: Set<FileIdentity> = [],
        report: @escaping @Sendable (DESError) -> Void
    ) {
        (self.starts, self.excludes, self.skipped, self.report) = (starts[...], excludes, skipped, report)
    }

    /// The next items, at most `count`; empty at the end.
    mutating func next(_ count: Int) -> [WalkItem] {
        var items: [WalkItem] = []
        items.reserveCapacity(count)
        while items.count < count {
            if open.isEmpty {
                guard let start = starts.popFirst() else { break }
                if let item = visit(start.tree, start.path, type: nil) { items.append(item) }
            } else if let child = open[open.count - 1].children.popFirst() {
                let level = open[open.count - 1]
                if let item = visit(level, child) { items.append(item) }
            } else {
                open.removeLast()
            }
        }
        return items
    }

    private mutating func visit(_ level: Level, _ child: Child) -> WalkItem? {
        guard let name = String(validating: child.name, as: UTF8.self) else {
            let shown = level.path + (level.path.isEmpty ? "" : "/") + String(decoding: child.name, as: UTF8.self)
            report(DESError(.invalidArgument, "left out: the name is not UTF-8", place: level.tree.full(shown)))
            return nil
        }
        return visit(level.tree, level.path.isEmpty ? name : level.path + "/" + name, type: child.type)
    }

    private mutating func visit(_ tree: Tree, _ path: String, type: mode_t?) -> WalkItem? {
        if !path.isEmpty, let name = try? EntryName(path), !excludes.isEmpty, excludes.select(name) { return nil }
        do throws(DESError) {
            let type = if let type { type } else { try self.type(tree, path) }
            switch type {
            case S_IFDIR: return try descend(tree, path)
            case S_IFREG: return try isSkipped(tree, path) ? nil : item(tree, path, .file)
            case S_IFLNK: return try item(tree, path, .symlink)
            default:
                throw DESError(.invalidArgument, "left out: neither a file, a directory nor a link", place: tree.full(path))
            }
        } catch {
            report(error)
            return nil
        }
    }

    private func item(_ tree: Tree, _ path: String, _ kind: WalkItem.Kind) throws(DESError) -> WalkItem {
        WalkItem(tree: tree, path: path, name: try EntryName(path), kind: kind)
    }

    private func isSkipped(_ tree: Tree, _ path: String) throws(DESError) -> Bool {
        guard !skipped.isEmpty, path.hasSuffix(".partial") || path.hasSuffix(".des") else { return false }
        return FileIdentity(tree, path).map(skipped.contains) ?? false
    }

    private func type(_ tree: Tree, _ path: String) throws(DESError) -> mode_t {
        if path.isEmpty { return S_IFDIR }
        var status = stat()
        guard fstatat(tree.descriptor.rawValue, path, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .system(errno, "left out", tree.full(path))
        }
        return status.st_mode & S_IFMT
    }

    /// Enters a directory; an empty one below the tree is an item of its own.
    private mutating func descend(_ tree: Tree, _ path: String) throws(DESError) -> WalkItem? {
        let children = try self.children(tree, path)
        if children.isEmpty { return path.isEmpty ? nil : try item(tree, path, .emptyDirectory) }
        open.append(Level(tree: tree, path: path, children: children[...]))
        return nil
    }

    private func children(_ tree: Tree, _ path: String) throws(DESError) -> [Child] {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let descriptor = openat(tree.descriptor.rawValue, path.isEmpty ? "." : path, flags)
        guard descriptor >= 0 else { throw .system(errno, "left out: cannot open the directory", tree.full(path)) }
        guard let directory = fdopendir(descriptor) else {
            close(descriptor)
            throw .system(errno, "left out: cannot read the directory", tree.full(path))
        }
        defer { closedir(directory) }
        var children: [Child] = []
        errno = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: UInt8.self, capacity: 256) { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
            }
            errno = 0
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            var type = mode_t(entry.pointee.d_type) << 12
            if type == 0 { type = try typeOfUnknown(descriptor, name, tree.full(path)) }
            children.append(Child(name: name, type: type))
        }
        guard errno == 0 else { throw .system(errno, "left out: cannot read the directory", tree.full(path)) }
        children.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return children
    }

    /// Some file systems do not say the type in the directory.
    private func typeOfUnknown(_ directory: Int32, _ name: [UInt8], _ path: String) throws(DESError) -> mode_t {
        var status = stat()
        let result = (name + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) }
        }
        guard result == 0 else { throw .system(errno, "left out", path) }
        return status.st_mode & S_IFMT
    }
}

/// What tells two files apart, whatever their paths.
struct FileIdentity: Hashable, Sendable {
    private let device: dev_t
    private let inode: ino_t

    init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }

    /// The file at `path` below `tree`, `nil` if there is none.
    init?(_ tree: Tree, _ path: String) {
        var status = stat()
        guard fstatat(tree.descriptor.rawValue, path, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }

    /// The file at `path`, `nil` if there is none.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
