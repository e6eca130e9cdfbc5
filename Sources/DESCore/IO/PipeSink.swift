internal import Glibc

/// Standard output or any other open descriptor: bytes go out in order, nothing is synced or renamed.
public final class PipeSink: ByteSink {
    private let file: FileDescriptor

    /// Writes to a duplicate of `descriptor`.
    public init(descriptor: Int32, name: String) throws(DESError) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .system(errno, "cannot duplicate the descriptor of", name) }
        file = FileDescriptor(taking: copy, path: name)
    }

    /// write(2), until all is out.
    public func write(_ bytes: RawSpan) throws { try file.write(bytes) }

    /// Nothing to do: what went out cannot be taken back.
    public func abandon() {}

    /// Nothing to do: who reads the pipe sees its end.
    public func commit(tail: [UInt8], byteCount: Int) {}
}
