internal import Glibc

/// A file. A file that shrinks gives an error, never a signal.
///
/// What is in the page cache is copied at once; what is not is read with pread(2) on ``BlockingPool/shared``.
public final class FileByteSource: ByteSource {
    /// The path.
    public let name: String
    private let file: FileDescriptor
    private let byteCount: Int

    /// Opens a regular file.
    /// - Throws: ``DESError`` with the path: no such file, no permission, not a regular file.
    public init(path: String) throws(DESError) {
        name = path
        file = try FileDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DESError(.invalidArgument, "not a regular file", place: path)
        }
        byteCount = status.st_size
    }

    /// The file `_bigFiles/<name>` beside this one.
    public func external(_ name: EntryName) async throws -> (any ByteSource)? {
        let path = SpoolFile.directory(of: self.name) + "/_bigFiles/" + name.string
        return try await BlockingPool.shared.run { try FileByteSource(path: path) }
    }

    /// The last bytes.
    public func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int) {
        let start = max(0, byteCount - byteCountMax)
        guard start < byteCount else { return ([], 0) }
        return (try await read(start..<byteCount), byteCount)
    }

    /// Exactly the bytes of `range`.
    public func read(_ range: Range<Int>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: range.count) { room in
            room.withUnsafeMutableBufferPointer { buffer, count in
                let wanted = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: range.count)
                count = file.readCached(into: wanted, at: range.lowerBound)
            }
        }
        if bytes.count == range.count { return bytes }
        let rest = range.lowerBound + bytes.count..<range.upperBound
        return bytes + (try await BlockingPool.shared.run { try self.file.read(rest) })
    }
}
