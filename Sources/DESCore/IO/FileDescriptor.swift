internal import CDESCore
package import Glibc

/// An open file: closed when it goes. Every call retries EINTR and says the path and the reason when it fails.
package struct FileDescriptor: ~Copyable, Sendable {
    /// O_PATH: opens a place, a link itself too; its status and a link's target can be asked, nothing be read.
    package static let placeOnly = des_open_place

    package let rawValue: Int32
    package let path: String

    /// Takes over an open descriptor.
    package init(taking rawValue: Int32, path: String) {
        (self.rawValue, self.path) = (rawValue, path)
    }

    /// open(2), close-on-exec.
    package init(opening path: String, _ flags: Int32, mode: mode_t = 0o666) throws(DESError) {
        let descriptor = retryingInterrupts { open(path, flags | O_CLOEXEC, mode) }
        guard descriptor >= 0 else { throw .system(errno, "cannot open", path) }
        self.init(taking: descriptor, path: path)
    }

    /// Opens `path` below `directory`, and follows no link on the way: not even one that has just taken the place of a
    /// directory. `path` is relative and has no component `..`; with ``placeOnly`` a link itself is opened.
    package init(
        opening path: String, below directory: borrowing FileDescriptor, _ flags: Int32, failing what: String
    ) throws(DESError) {
        let descriptor = openBeneath(directory.rawValue, path, flags)
        guard descriptor >= 0 else { throw .opening(errno, what, path) }
        self.init(taking: descriptor, path: path)
    }

    deinit { close(rawValue) }

    /// fstat(2).
    package func status() throws(DESError) -> stat {
        var status = stat()
        guard fstat(rawValue, &status) == 0 else { throw .system(errno, "cannot stat", path) }
        return status
    }

    /// Fills `buffer` from `offset`; the count of bytes read, smaller only at the end of the file. pread(2).
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DESError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = retryingInterrupts {
                pread(rawValue, buffer.baseAddress?.advanced(by: done), buffer.count - done, offset + done)
            }
            guard count >= 0 else { throw .system(errno, "cannot read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Fills `buffer` from `offset` with what is in the page cache; the count of bytes, 0 if that is not known.
    package func readCached(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        return max(0, Int(des_read_cached(rawValue, start, buffer.count, Int64(offset))))
    }

    /// Up to `buffer.count` bytes from the file position; of a regular file fewer only at its end. read(2).
    package func readOnce(into buffer: UnsafeMutableRawBufferPointer) throws(DESError) -> Int {
        let count = retryingInterrupts { Glibc.read(rawValue, buffer.baseAddress, buffer.count) }
        guard count >= 0 else { throw .system(errno, "cannot read", path) }
        return count
    }

    /// Exactly the bytes of `range`.
    package func read(_ range: Range<Int>) throws(DESError) -> [UInt8] {
        var failure: DESError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            do throws(DESError) {
                count = try read(into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard bytes.count == range.count else {
            throw DESError(
                .corrupt,
                "the file ends at \(range.lowerBound + bytes.count), bytes up to \(range.upperBound) were "
                    + "expected", offset: range.lowerBound + bytes.count, place: path)
        }
        return bytes
    }

    /// Writes all bytes at the file position. write(2).
    package func write(_ bytes: RawSpan) throws(DESError) {
        var done = 0
        while done < bytes.byteCount {
            let count = bytes.withUnsafeBytes { buffer in
                retryingInterrupts {
                    Glibc.write(rawValue, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                }
            }
            guard count >= 0 else { throw .system(errno, "cannot write", path) }
            done += count
        }
    }

    /// Writes all bytes from `offset` on. pwrite(2).
    package func write(_ bytes: RawSpan, at offset: Int) throws(DESError) {
        var done = 0
        while done < bytes.byteCount {
            let count = bytes.withUnsafeBytes { buffer in
                retryingInterrupts {
                    pwrite(rawValue, buffer.baseAddress?.advanced(by: done), buffer.count - done, offset + done)
                }
            }
            guard count >= 0 else { throw .system(errno, "cannot write", path) }
            done += count
        }
    }

    /// fsync(2): the content is on disk.
    package func synchronize() throws(DESError) {
        guard retryingInterrupts({ fsync(rawValue) }) == 0 else { throw .system(errno, "cannot sync", path) }
    }
}

extension DESError {
    /// An error of a system call: `what` failed on `path` for the reason `number` (errno).
    package static func system(_ number: Int32, _ what: String, _ path: String) -> DESError {
        let code: Code =
            switch number {
            case ENOENT, ENOTDIR: .notFound
            case EEXIST, ENOTEMPTY, EADDRINUSE: .conflict
            default: .unavailable
            }
        return DESError(code, "\(what): \(reason(number))", place: path)
    }

    /// The same for an open that follows no link.
    package static func opening(_ number: Int32, _ what: String, _ path: String) -> DESError {
        guard number == ELOOP else { return system(number, what, path) }
        return DESError(
            .conflict, "\(what): it or a directory above it is a symbolic link, which is not followed", place: path)
    }

    /// The text of an errno value.
    package static func reason(_ number: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, strerror_r(number, start, buffer.count) == 0 else {
                return "error \(number)"
            }
            return String(cString: start)
        }
    }
}

/// Repeats a call that returned -1 because a signal came in.
@inline(__always)
package func retryingInterrupts<T: SignedInteger>(_ call: () -> T) -> T {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}

/// Opens `path` below the open `directory` without following a link; -1 with errno, ELOOP for a link on the way.
package func openBeneath(_ directory: Int32, _ path: String, _ flags: Int32) -> Int32 {
    des_open_beneath(directory, path, flags)
}

/// renameat(2) that fails with EEXIST if `new` is there; 0 or -1 with errno.
package func renameNoReplace(_ directory: Int32, _ old: String, _ new: String) -> Int32 {
    renameNoReplace(directory, old, directory, new)
}

/// The same from one directory to another.
package func renameNoReplace(_ directory: Int32, _ old: String, _ other: Int32, _ new: String) -> Int32 {
    des_rename_no_replace(directory, old, other, new)
}

extension FileDescriptor {
    /// A file without a name in `directory`: it goes with its descriptor, whatever becomes of the process.
    /// - Parameter use: what it is for, in messages.
    package static func unnamed(in directory: String, for use: String) throws(DESError) -> FileDescriptor {
        let raw = des_open_unnamed(directory)
        guard raw >= 0 else { throw .system(errno, "cannot create a temporary file for \(use) in", directory) }
        return FileDescriptor(taking: raw, path: "temporary file for \(use) in \(directory)")
    }

    /// The last bytes are `tail`, and the file has `byteCount` bytes.
    /// - Throws: ``DESError/Code/corrupt``.
    package func check(tail: [UInt8], byteCount: Int) throws(DESError) {
        let found = try status().st_size == byteCount ? read(max(0, byteCount - tail.count)..<byteCount) : []
        guard found == tail else {
            throw DESError(
                .corrupt, "what was read back differs from what was written", offset: byteCount - tail.count,
                place: path)
        }
    }
}
