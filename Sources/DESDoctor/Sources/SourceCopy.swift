import DESCore
import DESStore
import Glibc

/// The bytes of a source as they are now, in one version, and a way to delete that version.
struct SourceCopy: Sendable {
    let bytes: any ByteSource
    let byteCount: Int
    /// Deletes it, unless it has become another version.
    let delete: @Sendable () async throws -> Void

    /// An object.
    init(_ store: any ObjectStore, key: String) async throws {
        let info = try await store.head(key)
        bytes = ObjectByteSource(store, key: key, version: info.etag)
        byteCount = info.byteCount
        delete = {
            guard try await store.head(key).etag == info.etag else {
                throw DESError(.changed, "was replaced while it was read", place: store.place(key))
            }
            try await store.delete(key)
        }
    }

    /// A file.
    /// - Throws: ``DESError/Code/unsupported`` for a link or a device: what would be deleted is not what is read.
    init(path: String) async throws {
        let version = try await BlockingPool.shared.run { try SourceCopy.version(of: path) }
        bytes = try await BlockingPool.shared.run { try FileByteSource(path: path) }
        byteCount = version.byteCount
        delete = {
            try await BlockingPool.shared.run {
                guard try SourceCopy.version(of: path) == version else {
                    throw DESError(.changed, "was changed while it was read", place: path)
                }
                guard unlink(path) == 0 else { throw DESError.system(errno, "cannot remove", path) }
            }
        }
    }

    private static func version(of path: String) throws -> FileVersion {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw DESError.system(errno, "cannot look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DESError(.unsupported, "is no regular file", place: path)
        }
        return FileVersion(status)
    }
}
