import DESCore
import Glibc

/// A file that is read from its start, or from where an earlier import stopped.
final class InputFile: Sendable {
    /// What an import of it is known by.
    let name: String
    /// Which file it is; `nil` of a pipe: it cannot be read again.
    let version: FileVersion?
    private let file: FileDescriptor
    private let interruption: Interruption

    /// The file at `path`.
    init(path: String, _ interruption: Interruption) throws(DESError) {
        // A pipe is open at once: who writes to it is waited for where a signal is heard, in `read`.
        file = try FileDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
        self.interruption = interruption
        let status = try file.status()
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw DESError(
                .invalidArgument, "is a directory; file:///directory/ imports the files in one", place: path)
        }
        version = status.st_mode & S_IFMT == S_IFREG ? FileVersion(status) : nil
        guard let real = realpath(path, nil) else { throw .system(errno, "cannot open", path) }
        defer { free(real) }
        name = "file:" + String(cString: real)
    }

    /// What comes in.
    init(standardInput interruption: Interruption) throws(DESError) {
        let copy = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .system(errno, "cannot read", "standard input") }
        file = FileDescriptor(taking: copy, path: "standard input")
        (name, version, self.interruption) = ("-", nil, interruption)
    }

    /// The next bytes, from `offset` on if it is no pipe; none at the end, `nil` when a signal came before any.
    func read(at offset: Int) async throws -> [UInt8]? {
        try await BlockingPool.shared.run { [self] in
            guard version == nil || offset == 0 || lseek(file.rawValue, offset, SEEK_SET) >= 0 else {
                throw DESError.system(errno, "cannot read", file.path)
            }
            if version == nil {
                // Nobody knows when a pipe has something; a signal must not wait for that.
                var polled = [file.rawValue, interruption.descriptor].map {
                    pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                }
                while poll(&polled, 2, -1) < 0, errno == EINTR {}
                if polled[1].revents != 0 { return nil }
            }
            var failure: DESError?
            let bytes = [UInt8](unsafeUninitializedCapacity: InputFile.pieceByteCount) { buffer, count in
                do throws(DESError) { count = try file.readOnce(into: UnsafeMutableRawBufferPointer(buffer)) } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            return bytes
        }
    }

    private static let pieceByteCount = 1 << 20
}
