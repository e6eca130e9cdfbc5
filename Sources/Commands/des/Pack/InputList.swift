import DESCore
import Glibc

/// What to pack, from the command line: directories, files, lists of paths.
enum InputList {
    /// Starts for `paths`: a directory gives its content, anything else itself under its last component.
    static func starts(_ paths: [String]) throws(DESError) -> [TreeWalk.Start] {
        var starts: [TreeWalk.Start] = []
        // One open directory for all files in it, by the bytes of its path: to Swift two forms of one visible name are
        // equal, to the system they are two directories.
        var parents: [[UInt8]: Tree] = [:]
        for path in paths {
            var status = stat()
            guard stat(path, &status) == 0 || lstat(path, &status) == 0 else {
                throw .system(errno, "cannot pack", path)
            }
            if status.st_mode & S_IFMT == S_IFDIR {
                starts.append(TreeWalk.Start(tree: try Tree(path), path: ""))
            } else {
                let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
                let leaf = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
                let directory = slash == nil ? "" : SpoolFile.directory(of: path)
                let parent: Tree
                if let known = parents[Array(directory.utf8)] {
                    parent = known
                } else {
                    parent = slash == nil ? try Tree() : try Tree(directory)
                }
                parents[Array(directory.utf8)] = parent
                starts.append(TreeWalk.Start(tree: parent, path: leaf))
            }
        }
        return starts
    }

    /// Starts for the paths listed in `file` (`-` is standard input), one a line, or ended by NUL. They are relative to
    /// `directory`, or to the current one, and are the names in the container; `.` components and a leading `/` are dropped.
    ///
    /// A listed directory gives all that is below it. What is listed beside it, as `find` does, is not a second start.
    static func starts(
        listedIn file: String, nulSeparated: Bool, relativeTo directory: String?, report: (DESError) -> Void
    ) throws(DESError) -> [TreeWalk.Start] {
        let tree = if let directory { try Tree(directory) } else { try Tree() }
        let root = try Tree("/")
        let bytes = try wholeFile(file)
        var starts: [TreeWalk.Start] = []
        var directories = Directories()
        for line in bytes.split(separator: nulSeparated ? 0 : UInt8(ascii: "\n")) {
            guard let text = String(validating: line, as: UTF8.self) else {
                let shown = String(decoding: line, as: UTF8.self)
                report(DESError(.invalidArgument, "left out: the path \"\(shown)\" is not UTF-8", place: file))
                continue
            }
            let components = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter {
                $0 != "."
            }
            if components.contains("..") {
                report(DESError(.invalidArgument, "left out: \"\(text)\" is not a path below a directory", place: file))
                continue
            }
            let start = TreeWalk.Start(
                tree: text.utf8.first == UInt8(ascii: "/") ? root : tree, path: components.joined(separator: "/"))
            if directories.isNewOrNone(start) { starts.append(start) }
        }
        return starts.filter { !directories.areAbove($0) }
    }

    /// The directories of a list, by tree and the bytes of their paths.
    private struct Directories {
        private var paths: [ObjectIdentifier: Set<[UInt8]>] = [:]

        /// Remembers a directory; false if it was listed before, true also for what is none.
        mutating func isNewOrNone(_ start: TreeWalk.Start) -> Bool {
            var status = stat()
            let path = start.path.isEmpty ? "." : start.path
            guard fstatat(start.tree.descriptor.rawValue, path, &status, AT_SYMLINK_NOFOLLOW) == 0,
                status.st_mode & S_IFMT == S_IFDIR
            else { return true }
            return paths[ObjectIdentifier(start.tree), default: []].insert(Array(start.path.utf8)).inserted
        }

        /// Whether one of them gives `start` too.
        func areAbove(_ start: TreeWalk.Start) -> Bool {
            guard let paths = paths[ObjectIdentifier(start.tree)], !start.path.isEmpty else { return false }
            if paths.contains([]) { return true }
            let path = Array(start.path.utf8)
            return path.indices.contains { path[$0] == UInt8(ascii: "/") && paths.contains(Array(path[..<$0])) }
        }
    }

    /// The bytes of a file, or of standard input for `-`.
    static func wholeFile(_ path: String) throws(DESError) -> [UInt8] {
        let isStandardInput = path == "-"
        let file =
            isStandardInput
            ? FileDescriptor(taking: dup(STDIN_FILENO), path: "standard input")
            : try FileDescriptor(opening: path, O_RDONLY)
        var bytes = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = retryingInterrupts { Glibc.read(file.rawValue, &buffer, buffer.count) }
            guard count >= 0 else { throw .system(errno, "cannot read", file.path) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
