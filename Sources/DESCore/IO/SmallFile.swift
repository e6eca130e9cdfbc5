internal import Glibc

/// A file that is read whole, with a bound: configuration, tokens, what the kernel says in /proc.
package enum SmallFile {
    static let byteCountMax = 1 << 20

    /// Its bytes, read on ``BlockingPool``; `nil` if there is no such file.
    package static func contentsIfAny(of path: String) async throws -> [UInt8]? {
        try await BlockingPool.shared.run { () throws(DESError) in
            do throws(DESError) {
                return try contents(of: path)
            } catch  where error.code == .notFound {
                return nil
            }
        }
    }

    /// Its bytes, read by the calling thread.
    package static func contents(of path: String) throws(DESError) -> [UInt8] {
        try contents(of: FileDescriptor(opening: path, O_RDONLY))
    }

    /// Bytes up to the end: a pipe, such as a shell's `<(...)`, does as well as a file.
    private static func contents(of file: borrowing FileDescriptor) throws(DESError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCountMax + 1)
        var count = 0
        while count < bytes.count {
            let (start, path) = (count, file.path)
            var failure: DESError?
            let read = bytes.withUnsafeMutableBytes { buffer in
                do throws(DESError) {
                    return try file.readOnce(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            count += read
            if read == 0 { break }
            guard count <= byteCountMax else {
                throw DESError(.invalidArgument, "expected at most \(byteCountMax) bytes", place: path)
            }
        }
        return Array(bytes[..<count])
    }
}
