internal import DESCore
internal import Glibc

/// The file of a SQLite database: its owner's alone.
enum SQLiteFile {
    /// There is none.
    static func isMissing(_ path: String) -> Bool { access(path, F_OK) != 0 && errno == ENOENT }

    /// Makes an empty one, and the directories above it, unless it is there.
    /// - Throws: ``DatabaseError/Kind/setup``.
    static func make(_ path: String) throws(DatabaseError) {
        do { try StateDirectory.make(SpoolFile.directory(of: path)) } catch {
            throw DatabaseError(.setup, error.description)
        }
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw DatabaseError(.setup, "\(path): \(DESError.reason(errno))") }
        close(file)
    }
}
