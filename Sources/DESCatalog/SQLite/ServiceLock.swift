internal import DESCore
internal import Glibc

/// The right of a service to a SQLite database: one process at a time, until it ends. Commands need none.
public final class ServiceLock: Sendable {
    private let descriptor: Int32

    /// Locks the database at `path`, by a file beside it.
    /// - Throws: ``DatabaseError/Kind/setup`` if another process has it, or the file cannot be made.
    public init(database path: String) throws {
        guard !SQLiteFile.isMissing(path) else {
            throw DatabaseError(.setup, "\(path): there is no such file: run `des migrate`")
        }
        // However it is spelled, by whatever links.
        let resolved = realpath(path, nil)
        defer { free(resolved) }
        let path = resolved.map { String(cString: $0) } ?? path
        let file = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw DatabaseError(.setup, "\(path).lock: \(DESError.reason(errno))") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw DatabaseError(
                .setup, "\(path): another service has this database; SQLite serves one, PostgreSQL any number")
        }
        descriptor = file
    }

    deinit { close(descriptor) }
}
