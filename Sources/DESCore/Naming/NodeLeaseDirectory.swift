internal import Glibc

/// Node ids leased through files: for several processes of one host, or for one id that configuration fixes.
///
/// `node-NNN` in a directory is locked (flock(2)) as long as the id is held, so a process that dies gives it back at once.
/// It has two lines, each with a ceiling and its checksum, written in turn and synced: whichever write a crash tears, the
/// other line stands, and values were taken only below that. It appears whole, and whoever holds the lock looks whether it is
/// still the file of that name: one that was removed protects nobody.
public final class NodeLeaseDirectory: NodeLeases {
    private let path: String
    private let nodes: ClosedRange<UInt8>
    private let clock: NameClock

    /// An id whose floor is so many milliseconds ahead of the clock is taken only if there is no other.
    private static let floorLeadMax = 60_000

    /// Leases of `nodes`, kept in the directory at `path`, which is made with all above it.
    ///
    /// The directory must not be on a file system without locks between the hosts that share it.
    public init(path: String, nodes: ClosedRange<UInt8> = 0...255, clock: NameClock = .system) {
        (self.path, self.nodes, self.clock) = (path, nodes, clock)
    }

    /// Where the ids of this host are kept unless another place is named: `nodes` in the ``StateDirectory``.
    public static func standardPath(_ variable: (String) -> String?) -> String? {
        StateDirectory.standardPath(variable).map { $0 + "/nodes" }
    }

    /// The lowest id that is free, whose file can be used and whose names do not begin far in the future, if there is one.
    /// - Throws: ``DESError/Code/conflict`` if there is one id alone and somebody else has it; if no id
    ///   is left but some whose files cannot be used, what is wrong with the first, such as ``DESError/Code/corrupt``.
    public func acquire() async throws -> (any NodeLease)? {
        let (path, nodes, latest) = (path, nodes, clock.wall() + NodeLeaseDirectory.floorLeadMax)
        return try await BlockingPool.shared.run {
            try StateDirectory.make(path)
            var damage: DESError?
            var second: NodeLeaseFile?
            for node in nodes {
                do {
                    guard let lease = try NodeLeaseFile(node: node, directory: path) else { continue }
                    if lease.floor <= latest { return lease }
                    if lease.floor < second?.floor ?? Int.max { second = lease }
                } catch let error as DESError {
                    damage = damage ?? error
                }
            }
            if let second { return second }
            if let damage { throw damage }
            guard nodes.count > 1 else {
                throw DESError(.conflict, "node id \(nodes.lowerBound) is held by another process", place: path)
            }
            return nil
        }
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
        let file = try NodeLeaseFile.open(path, in: directory)
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw .system(errno, "cannot lock", path)
        }
        // Removed or replaced between the two calls: whoever did that is at work, as if it were held.
        guard try NodeLeaseFile.isInPlace(file) else { return nil }
        let byteCount = Int(try file.status().st_size)
        let bytes = try file.read(0..<min(byteCount, 2 * NodeLeaseFile.lineByteCount))
        let ceilings = (0..<2).map { NodeLeaseFile.ceiling(inLine: $0, of: bytes) }
        guard let last = ceilings.compactMap({ $0 }).max() else {
            throw DESError(
                .corrupt,
                "none of the two lines has a ceiling with the right checksum; a node id is only safe without its file "
                    + "when no name of it was made in the future", place: path)
        }
        (self.node, floor) = (node, last)
        state = Monitor(State(line: ceilings[0] == last ? 1 : 0))
        self.file = file
    }

    /// Opens the file. One that is not there yet appears with both lines, synced, so that no crash leaves half of it.
    private static func open(_ path: String, in directory: String) throws(DESError) -> FileDescriptor {
        do throws(DESError) {
            return try FileDescriptor(opening: path, O_RDWR)
        } catch  where error.code == .notFound {}
        let draft = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max))"
        do throws(DESError) {
            // For its owner alone: who may read it may lock it.
            let file = try FileDescriptor(opening: draft, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            try file.write(Array((line(0) + line(0)).utf8).span.bytes)
            try file.synchronize()
        } catch {
            unlink(draft)
            var error = error
            error.place = path  // the draft has another name each time
            throw error
        }
        defer { unlink(draft) }
        guard link(draft, path) == 0 || errno == EEXIST else { throw .system(errno, "cannot make", path) }
        try StateDirectory.synchronize(directory)
        return try FileDescriptor(opening: path, O_RDWR)
    }

    /// The open file is still the one at its path.
    private static func isInPlace(_ file: borrowing FileDescriptor) throws(DESError) -> Bool {
        let held = try file.status()
        var found = stat()
        return stat(file.path, &found) == 0 && found.st_dev == held.st_dev && found.st_ino == held.st_ino
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
            guard try NodeLeaseFile.isInPlace(file) else {
                throw DESError(.conflict, "the file of node id \(node) was removed or replaced", place: file.path)
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
