import Glibc
import Testing

/// Everything below a directory that a container is to bring back: bytes, modes, times, links, empty directories.
struct Snapshot {
    /// Bytes of a file. Compared as memory: the tests run unoptimized.
    struct Content: Equatable {
        var bytes: [UInt8]

        static func == (a: Content, b: Content) -> Bool {
            a.bytes.count == b.bytes.count && memcmp(a.bytes, b.bytes, a.bytes.count) == 0
        }
    }

    enum Node: Equatable, CustomStringConvertible {
        case file(Content, mode: mode_t, time: String)
        case link(target: String, time: String)
        case emptyDirectory(mode: mode_t, time: String)
        /// Its mode and time are not kept.
        case directory
        case special(mode_t)

        var description: String {
            switch self {
            case .file(let content, let mode, let time):
                "file of \(content.bytes.count) bytes, mode \(String(mode, radix: 8)), \(time)"
            case .link(let target, let time): "link to \(target), \(time)"
            case .emptyDirectory(let mode, let time): "empty directory, mode \(String(mode, radix: 8)), \(time)"
            case .directory: "directory"
            case .special(let type): "special file of type \(String(type, radix: 8))"
            }
        }
    }

    /// By path as bytes: two forms of one visible name are two names.
    fileprivate(set) var nodes: [[UInt8]: Node] = [:]

    init(_ path: String) throws { try add(Array(path.utf8), below: []) }

    /// Paths of what a container has an entry for: everything but directories with content.
    var entryNames: [String] {
        nodes.filter { $0.value != .directory }.keys
            .sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Bytes of all files.
    var byteCount: Int {
        nodes.values.reduce(0) { if case .file(let content, _, _) = $1 { $0 + content.bytes.count } else { $0 } }
    }

    /// What `other` has instead, a line for each difference.
    func differences(to other: Snapshot) -> [String] {
        var lines: [String] = []
        for (path, node) in nodes where other.nodes[path] != node {
            let found = other.nodes[path].map { "\($0)" } ?? "nothing"
            lines.append("\(EscapedPath(path)): \(node); found \(found)")
        }
        for (path, node) in other.nodes where nodes[path] == nil { lines.append("\(EscapedPath(path)): extra \(node)") }
        return lines.sorted()
    }

    private mutating func add(_ path: [UInt8], below: [UInt8]) throws {
        for name in try Files.rawNames(in: path) {
            let full = path + [UInt8(ascii: "/")] + name
            let key = below.isEmpty ? name : below + [UInt8(ascii: "/")] + name
            var status = stat()
            try #require(Files.withPath(full) { lstat($0, &status) } == 0)
            let time = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
            let mode = status.st_mode & 0o7777
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                let content = Content(bytes: try Files.read(String(decoding: full, as: UTF8.self)))
                nodes[key] = .file(content, mode: mode, time: time)
            case S_IFLNK:
                let target = try Files.linkTarget(String(decoding: full, as: UTF8.self))
                nodes[key] = .link(target: target, time: time)
            case S_IFDIR:
                let isEmpty = try Files.rawNames(in: full).isEmpty
                nodes[key] = isEmpty ? .emptyDirectory(mode: mode, time: time) : .directory
                try add(full, below: key)
            default: nodes[key] = .special(status.st_mode & S_IFMT)
            }
        }
    }
}

/// A path as it is safe to show.
private struct EscapedPath: CustomStringConvertible {
    let description: String

    init(_ path: [UInt8]) { description = String(decoding: path, as: UTF8.self).debugDescription }
}

extension Snapshot {
    /// The same without `path` and what lies below it.
    func without(_ path: String) -> Snapshot {
        var rest = self
        let name = Array(path.utf8)
        rest.nodes = nodes.filter { $0.key != name && !$0.key.starts(with: name + [UInt8(ascii: "/")]) }
        return rest
    }
}
