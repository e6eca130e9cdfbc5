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
    /// Name in the container: the path, unless another one was given to it.
    var name: EntryName
    var kind: Kind

    /// The path as the user would write it.
    var fullPath: String { tree.full(path) }
}

/// A directory whose files are packed under names relative to it.
final class Tree: Sendable {
    let descriptor: FileDescriptor
    /// As the user wrote it.
    let path: String

    init(_ path: String) throws(DESError) {
        self.path = path
        descriptor = try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    }

    /// The current directory, where nobody has named it.
    init() throws(DESError) {
        path = ""
        descriptor = try FileDescriptor(opening: ".", O_RDONLY | O_DIRECTORY)
    }

    /// The path of something below, as the user would write it.
    func full(_ relative: String) -> String {
        if path.isEmpty { return relative.isEmpty ? "." : relative }
        return path.hasSuffix("/") ? path + relative : path + "/" + relative
    }
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
    private let store: OwnStore?
    private let report: @Sendable (DESError) -> Void

    /// A directory the walk is in, and what it has still to visit there.
    private struct Level {
        var tree: Tree
        /// Path below the tree, with `/` at the end; empty for the tree itself.
        var prefix: [UInt8]
        var children: Children
        var next = 0
    }

    /// - Parameter store: a directory that is passed over.
    init(
        _ starts: [Start], excludes: [NamePattern], store: OwnStore? = nil,
        report: @escaping @Sendable (DESError) -> Void
    ) {
        (self.starts, self.excludes, self.store, self.report) = (starts[...], excludes, store, report)
    }

    /// The next items, at most `count`; empty at the end.
    mutating func next(_ count: Int) -> [WalkItem] {
        var items: [WalkItem] = []
        items.reserveCapacity(count)
        while items.count < count {
            if open.isEmpty {
                guard let start = starts.popFirst() else { break }
                if let item = visit(start.tree, start.path, type: nil) { items.append(item) }
            } else if open[open.count - 1].next < open[open.count - 1].children.count {
                if let item = visitNextChild() { items.append(item) }
            } else {
                open.removeLast()
            }
        }
        return items
    }

    private mutating func visitNextChild() -> WalkItem? {
        let last = open.count - 1
        let number = open[last].next
        open[last].next += 1
        let tree = open[last].tree
        let type = open[last].children.type(number)
        let path = open[last].children.withName(number) { name in
            open[last].prefix.withUnsafeBufferPointer { prefix in
                String(unsafeUninitializedCapacity: prefix.count + name.count) { buffer in
                    let end = buffer.initialize(fromContentsOf: prefix)
                    return buffer[end...].initialize(fromContentsOf: name)
                }
            }
        }
        return visit(tree, path, type: type)
    }

    private mutating func visit(_ tree: Tree, _ path: String, type: mode_t?) -> WalkItem? {
        if !path.isEmpty, let name = try? EntryName(path), !excludes.isEmpty, excludes.select(name) { return nil }
        do throws(DESError) {
            let type = if let type { type } else { try self.type(tree, path) }
            switch type {
            case S_IFDIR: return try descend(tree, path)
            case S_IFREG: return try item(tree, path, .file)
            case S_IFLNK: return try item(tree, path, .symlink)
            default:
                throw DESError(
                    .invalidArgument, "left out: neither a file, a directory nor a link", place: tree.full(path))
            }
        } catch {
            report(error)
            return nil
        }
    }

    private func item(_ tree: Tree, _ path: String, _ kind: WalkItem.Kind) throws(DESError) -> WalkItem {
        WalkItem(tree: tree, path: path, name: try EntryName(path), kind: kind)
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
        let children = try Children(of: tree, path)
        if let store, store.isLeftOut(children, at: tree.full(path)) { return nil }
        for name in children.notUTF8 {
            report(
                DESError(
                    .invalidArgument, "left out: the name is not UTF-8",
                    place: tree.full(path.isEmpty ? name : path + "/" + name)))
        }
        if children.isEmpty { return path.isEmpty ? nil : try item(tree, path, .emptyDirectory) }
        open.append(Level(tree: tree, prefix: Array((path.isEmpty ? "" : path + "/").utf8), children: children))
        return nil
    }
}
