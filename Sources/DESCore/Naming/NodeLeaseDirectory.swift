internal import Glibc

/// Node ids leased through files: for several processes of one host, or for one id that configuration fixes.
///
/// `node-NNN` in a directory is locked (flock(2)) as long as the id is held, so a process that dies gives it back at once.
/// It has two lines, each with a ceiling and its checksum, written in turn and synced: whichever write a crash tears, the
/// other line stands, and values were taken only below that.
public final class NodeLeaseDirectory: NodeLeases {
    private let path: String
    private let nodes: ClosedRange<UInt8>

    /// Leases of `nodes`, kept in the directory at `path`, which is made with all above it.
    ///
    /// The directory must not be on a file system without locks between the hosts that share it.
    public init(path: String, nodes: ClosedRange<UInt8> = 0...255) {
        (self.path, self.nodes) = (path, nodes)
    }

    /// Where the ids of this host are kept unless another place is named: `nodes` in systemd's `$STATE_DIRECTORY`, or in
    /// `des` below `$XDG_STATE_HOME` or `~/.local/state`. `nil` if none of these variables is set.
    public static func standardPath(_ variable: (String) -> String?) -> String? {
        func directory(_ name: String, _ below: String) -> String? {
            variable(name).flatMap { $0.isEmpty ? nil : $0 + below }
        }
        return directory("STATE_DIRECTORY", "/nodes") ?? directory("XDG_STATE_HOME", "/des/nodes")
            ?? directory("HOME", "/.local/state/des/nodes")
    }

    /// The lowest id that is free and whose file is sound.
    /// - Throws: ``DESError/Code/conflict`` if there is one id alone and somebody else has it; ``DESError/Code/corrupt`` if
    ///   no id is left but some whose files are damaged.
    public func acquire() async throws -> (any NodeLease)? {
        let (path, nodes) = (path, nodes)
        return try await BlockingPool.shared.run {
            try NodeLeaseDirectory.make(path)
            var damage: DESError?
            for node in nodes {
                do {
                    if let lease = try NodeLeaseFile(node: node, directory: path) { return lease }
                } catch let error as DESError where error.code == .corrupt {
                    damage = damage ?? error
                }
            }
            if let damage { throw damage }
            guard nodes.count > 1 else {
                throw DESError(.conflict, "node id \(nodes.lowerBound) is held by another process", place: path)
            }
            return nil
        }
    }
}

extension NodeLeaseDirectory {
    /// Makes a directory and those above it.
    private static func make(_ path: String) throws(DESError) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        let fault = errno
        guard fault == ENOENT, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else {
            throw .system(fault, "cannot make the directory", path)
        }
        let parent = String(path[..<slash])
        try make(parent)
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw .system(errno, "cannot make the directory", path)
        }
        try synchronize(parent)
    }

    /// What was made in a directory is still there after the machine has crashed.
    fileprivate static func synchronize(_ path: String) throws(DESError) {
        try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY).synchronize()
    }
}

/// A locked file with the ceiling of one node id.
private final class NodeLeaseFile: NodeLease {
    private struct State {
        /// The line that is written next: the one that does not count.
        var line: Int
        var isReleased = false
    }

    let node: UInt8
    let floor: Int
    private let file: FileDescriptor
    private let state: Monitor<State>

    private static let lineByteCount = 64

    /// `nil` if somebody else holds it.
    init?(node: UInt8, directory: String) throws(DESError) {
        let digits = String(node)
        let path = "\(directory)/node-\(String(repeating: "0", count: 3 - digits.count))\(digits)"
        let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT, mode: 0o644)
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw .system(errno, "cannot lock", path)
        }
        let byteCount = Int(try file.status().st_size)
        let bytes = try file.read(0..<min(byteCount, 2 * NodeLeaseFile.lineByteCount))
        let ceilings = (0..<2).map { NodeLeaseFile.ceiling(inLine: $0, of: bytes) }
        guard let last = ceilings.compactMap({ $0 }).max() ?? (byteCount == 0 ? 0 : nil) else {
            throw DESError(
                .corrupt,
                "none of the two lines has a ceiling with the right checksum; a node id is only safe without its file "
                    + "when no name of it was made in the future", place: path)
        }
        // The file must not vanish in a crash with the ceiling that will be in it.
        if byteCount == 0 { try NodeLeaseDirectory.synchronize(directory) }
        (self.node, floor) = (node, last)
        state = Monitor(State(line: ceilings[0] == last ? 1 : 0))
        self.file = file
    }

    func raise(to ceiling: Int) async throws {
        try await BlockingPool.shared.run { try self.store(ceiling, isLast: false) }
    }

    func release(at ceiling: Int) async throws {
        try await BlockingPool.shared.run { try self.store(ceiling, isLast: true) }
    }

    /// Writes the line that does not count, which counts from then on.
    private func store(_ ceiling: Int, isLast: Bool) throws {
        try state.withLock { state in
            guard !state.isReleased else {
                throw DESError(.conflict, "node id \(node) was given back", place: file.path)
            }
            // A lower ceiling comes only with the last line, which must win: both are written then.
            for line in isLast ? [state.line, 1 - state.line] : [state.line] {
                let text = NodeLeaseFile.line(max(ceiling, floor))
                try file.write(Array(text.utf8).span.bytes, at: line * NodeLeaseFile.lineByteCount)
                try file.synchronize()
            }
            state.line = 1 - state.line
            if isLast {
                state.isReleased = true
                flock(file.rawValue, LOCK_UN)
            }
        }
    }

    /// `ceiling 1735732800000, checksum 0123abcd` and spaces up to the end of the line.
    private static func line(_ ceiling: Int) -> String {
        let text = "ceiling \(ceiling), checksum "
        let checksum = String(CRC32C.of(Array(text.utf8).span.bytes), radix: 16)
        let padding = String(repeating: " ", count: max(0, lineByteCount - 1 - text.utf8.count - checksum.utf8.count))
        return text + checksum + padding + "\n"
    }

    private static func ceiling(inLine number: Int, of bytes: [UInt8]) -> Int? {
        let line = String(decoding: bytes.dropFirst(number * lineByteCount).prefix(lineByteCount), as: UTF8.self)
        guard let ceiling = line.split(separator: ",").first?.split(separator: " ").last.flatMap({ Int($0) }),
            line == NodeLeaseFile.line(ceiling)
        else { return nil }
        return ceiling
    }
}
