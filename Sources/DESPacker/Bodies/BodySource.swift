internal import DESCore
internal import DESStore
internal import Glibc

/// The bytes of a row, wherever they are, read in ranges.
protocol BodySource: Sendable {
    /// Those bytes of `range` that there are, of the version `etag` if one is wanted.
    /// - Throws: ``DESError``, as ``ObjectStore/get(_:_:ifMatch:)``. What may pass was tried again already.
    func get(_ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes
}

/// An object of a bucket.
struct ObjectBody: BodySource {
    let store: any ObjectStore
    let key: String

    func get(_ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try await store.get(key, range, ifMatch: etag)
    }
}

/// What is behind a URL.
struct WebBody: BodySource {
    let reader: WebReader
    let url: String

    /// What may pass is tried again for a while.
    private static let retries = RetryPolicy(attemptCountMax: 6, deadline: .seconds(15))

    func get(_ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        let start = ContinuousClock.now
        var attemptCount = 0
        while true {
            do { return try await reader.get(url, range, ifMatch: etag) } catch let error as DESError
                where error.isTransient
            {
                attemptCount += 1
                var generator = SystemRandomNumberGenerator()
                let delay = WebBody.retries.delay(
                    afterAttempts: attemptCount, elapsed: .now - start, retryAfter: error.retryAfter, using: &generator)
                guard let delay else { throw error }
                try await Task.sleep(for: delay)
            }
        }
    }
}

/// A local file.
struct FileBody: BodySource {
    let path: String

    func get(_ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try await BlockingPool.shared.run { () throws in
            let file = try FileBody.open(path)
            let status = try FileBody.status(file)
            let version = FileBody.version(status)
            if let etag, etag != version { throw FileBody.changed(path) }
            let bounds = range.bounds(in: Int(status.st_size))
            let bytes = try file.read(bounds)
            guard FileBody.version(try file.status()) == version else { throw FileBody.changed(path) }
            return ObjectBytes(
                bytes: bytes, start: bounds.lowerBound, byteCount: Int(status.st_size), etag: version)
        }
    }

    /// Opens a file; the other end of a pipe is not waited for. Links are followed: the row says what is wanted.
    static func open(_ path: String) throws(DESError) -> FileDescriptor {
        try FileDescriptor(opening: path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    }

    /// - Throws: ``DESError/Code/invalidArgument`` for what is no regular file.
    static func status(_ file: borrowing FileDescriptor) throws(DESError) -> stat {
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DESError(.invalidArgument, "is no regular file", place: file.path)
        }
        return status
    }

    static func version(_ status: stat) -> ETag {
        ETag("\(status.st_ino)-\(status.st_size)-\(status.st_mtim.tv_sec)-\(status.st_mtim.tv_nsec)")
    }

    static func changed(_ path: String) -> DESError {
        DESError(.changed, "was changed while it was read", place: path)
    }
}
