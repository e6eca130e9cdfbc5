import DESCore
import Glibc
import Synchronization

/// The directory of everything the servers of this process write. It goes when the process ends, even by SIGKILL: a small
/// shell waits for that, at the other end of a socket that closes with the process.
public final class TemporaryRoot: Sendable {
    /// The one of this process.
    public static let shared = TemporaryRoot()

    private let path: String
    private let count = Atomic(0)
    /// Never closed by this process.
    private let lifeline: Int32

    private init() {
        var template = Array("\(Toolbox.variable("TMPDIR") ?? "/tmp")/des-servers-XXXXXX".utf8CString)
        var ends: [Int32] = [-1, -1]
        guard mkdtemp(&template) != nil,
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
        else { preconditionFailure("cannot make a temporary directory: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        lifeline = ends[0]
        defer { close(ends[1]) }
        // Interrupts of the terminal reach it too. Servers are killed at that moment and may still write: it tries again.
        let wait = "trap '' INT TERM HUP; cat >/dev/null; until rm -rf \"$0\"; do sleep 0.1; done"
        guard (try? Program.spawn(["/bin/sh", "-c", wait, path], input: ends[1], output: "/dev/null")) != nil else {
            preconditionFailure("cannot start /bin/sh")
        }
    }

    /// A new empty directory.
    public func directory() throws -> String {
        let directory = nextPath()
        guard mkdir(directory, 0o700) == 0 else { throw DESError.system(errno, "cannot create", directory) }
        return directory
    }

    /// A new empty directory of a server that runs as another user.
    func directory(for user: ServerUser?) throws -> String {
        let directory = try directory()
        guard let user else { return directory }
        // The way there is open then, and still nothing that others own.
        guard chown(directory, user.id, user.group) == 0, chmod(path, 0o711) == 0 else {
            throw DESError.system(errno, "cannot give to another user", directory)
        }
        return directory
    }

    /// The path of a file that is not there yet.
    public func file() throws -> String { nextPath() }

    private func nextPath() -> String { "\(path)/\(count.add(1, ordering: .relaxed).newValue)" }

    /// Removes a directory of ``directory()`` with everything in it.
    public static func remove(_ directory: String) {
        guard let pid = try? Program.spawn(["/bin/rm", "-rf", directory], output: "/dev/null") else { return }
        _ = Program.ending(of: pid)
    }
}
