internal import Glibc

/// A regular file mapped read-only, for containers that are whole and do not change any more.
///
/// A file that is truncated while mapped raises SIGBUS: verifying, and reading what is still written, use pread(2).
final class MappedFile: Sendable {
    let byteCount: Int
    private nonisolated(unsafe) let start: UnsafeRawPointer?  // never written through, unmapped in deinit only

    init(path: String) throws(DESError) {
        let file = try FileDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DESError(.invalidArgument, "not a regular file", place: path)
        }
        byteCount = status.st_size
        guard byteCount > 0 else {
            start = nil
            return
        }
        guard let address = mmap(nil, byteCount, PROT_READ, MAP_SHARED, file.rawValue, 0), address != MAP_FAILED else {
            throw .system(errno, "cannot map", path)
        }
        madvise(address, byteCount, MADV_RANDOM)
        start = UnsafeRawPointer(address)
    }

    deinit {
        if let start { munmap(UnsafeMutableRawPointer(mutating: start), byteCount) }
    }

    /// Calls `body` with the bytes of `range`, which must be inside.
    @inline(__always)
    func withBytes<R>(_ range: Range<Int>, _ body: (RawSpan) throws -> R) rethrows -> R {
        precondition((0..<byteCount).covers(range))
        let bytes = UnsafeRawBufferPointer(start: start.map { $0 + range.lowerBound }, count: range.count)
        return try body(RawSpan(_unsafeBytes: bytes))
    }
}
