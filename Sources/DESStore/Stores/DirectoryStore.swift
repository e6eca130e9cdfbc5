import DESCore
import Glibc
import Synchronization

/// Objects as files below a directory of a local file system.
///
/// A key is the path of its file: `2024-01-01/shard_00001/x.des` is that file, and files that other tools have put there
/// are objects. Only what cannot be a path is written in another way:
///
/// - An empty component (`//`, or a `/` at either end) is called `%00`.
/// - The components `.`, `..` and `.des-tmp` begin with `%2E` instead of the dot.
/// - A `%` that is followed by two of `0-9A-F`, which would read as an escape, is `%25`. Nothing else is escaped.
/// - A component that is then longer than 255 bytes is cut into pieces of up to 144 bytes, whole characters, escaped one by
///   one. All but the last are directories whose names have `%00` behind the piece.
/// - If there is a directory of an object's path (keys `x` and `x/y`), the object is the file `%2F` in it. A file that is in
///   the way of a directory is moved to there when the directory is made.
///
/// A file whose name would not come out of these rules is no object, nor are links, devices and what is behind them. Links
/// are never followed. Empty directories stay.
///
/// What is being written is in `.des-tmp`; what a crash leaves there is removed by the first write of a store when nobody
/// has touched it for a day. So an upload that pauses for a day is lost. The version of an object is made of inode, size and
/// time of change, so a file that is rewritten in place is seen as changed (but for writes through a mapping, which the
/// kernel notes late).
public final class DirectoryStore: ObjectStore {
    /// `file://` and the absolute path.
    public let name: String
    private let tree: DirectoryTree
    private let pageCount: Int
    private let isClean = Atomic(false)

    /// The objects below `path`, which must be there when it is used; a page of a listing has up to `pageCount` keys.
    public init(path: String, pageCount: Int = 10_000) {
        var root = path
        if !path.utf8.starts(with: "/".utf8), let current = getcwd(nil, 0) {
            root = String(cString: current) + "/" + path
            free(current)
        }
        while root.utf8.count > 1, root.utf8.last == UInt8(ascii: "/") { root = String(root.dropLast()) }
        name = "file://" + root
        tree = DirectoryTree(root: root)
        self.pageCount = pageCount
    }

    /// What is known of an object.
    public func head(_ key: String) async throws -> ObjectInfo {
        try check(key: key)
        return try await BlockingPool.shared.run { [self] in
            guard let file = try tree.openObject(ObjectPath(key: key)) else { throw noObject(key) }
            let version = try version(of: file, key)
            return ObjectInfo(key: key, byteCount: version.byteCount, etag: version.etag, modified: version.modified)
        }
    }

    /// Bytes of an object, all of one version.
    public func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try check(key: key)
        try range.check(at: place(key))
        return try await BlockingPool.shared.run { [self] in
            guard let file = try tree.openObject(ObjectPath(key: key)) else { throw noObject(key) }
            let version = try version(of: file, key)
            if let etag, etag != version.etag { throw otherVersion(key, wanted: etag, found: version.etag) }
            let bounds = range.bounds(in: version.byteCount)
            let result = Result { () throws in try file.read(bounds) }
            // A file that is cut while it is read ends early: that is a change, and no fault of the disk.
            guard FileVersion(try file.status()) == version else {
                var error = DESError(.changed, "was changed while it was read", place: place(key))
                error.isTransient = etag == nil
                throw error
            }
            return ObjectBytes(
                bytes: try result.get(), start: bounds.lowerBound, byteCount: version.byteCount, etag: version.etag)
        }
    }

    private func version(of file: borrowing FileDescriptor, _ key: String) throws(DESError) -> FileVersion {
        try FileVersion.settled(place: place(key)) { () throws(DESError) in try file.status() }
    }

    /// Writes an object whole: it and its name are on disk when this returns.
    public func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag {
        try check(key: key, body: body)
        return try await BlockingPool.shared.run { [self] in
            let temporary = try openWorkspace().makeFile()
            try temporary.file.write(body.span.bytes)
            return try commit(temporary, key, mode)
        }
    }

    func commit(_ temporary: borrowing TemporaryFile, _ key: String, _ mode: PutMode) throws -> ETag {
        guard let version = try tree.commit(temporary, to: ObjectPath(key: key), mode) else { throw alreadyThere(key) }
        return version.etag
    }

    /// The workspace, without the leftovers of those who died a day ago.
    func openWorkspace() throws(DESError) -> Workspace {
        let workspace = try tree.openWorkspace()
        // What cannot be removed, as it is somebody else's, is in nobody's way.
        if !isClean.exchange(true, ordering: .relaxed) { try? workspace.clean(before: time(nil) - 86_400) }
        return workspace
    }

    /// Removes an object.
    public func delete(_ key: String) async throws {
        try check(key: key)
        try await BlockingPool.shared.run { [self] in try tree.remove(ObjectPath(key: key)) }
    }

    /// One page of keys.
    public func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        try check(prefix: prefix)
        let builder = PageBuilder(prefix: prefix, isFlat: isFlat, after: token, countMax: pageCount)
        return try await BlockingPool.shared.run { [self] in try tree.list(builder) }
    }

    /// The `file:` URL of the object's file; it holds as long as the file has this place.
    public func presignedURL(_ key: String, seconds: Int) async throws -> String {
        try check(key: key)
        let path = try await BlockingPool.shared.run { [self] in try tree.currentPath(ObjectPath(key: key)) }
        return "file://" + percentEncoded(path: tree.root + "/" + path.names.joined(separator: "/"))
    }
}

// Uploads are directories of the workspace, parts files in them. The name of an upload is bound to its key.
extension DirectoryStore {
    /// Begins an object of several parts.
    public func beginUpload(_ key: String) async throws -> UploadID {
        try check(key: key)
        return try await BlockingPool.shared.run { [self] in
            let upload = Workspace.uniqueName(uploadPrefix(key))
            _ = try openWorkspace().makeDirectory(upload)
            return UploadID(upload)
        }
    }

    /// Keeps a part.
    public func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart {
        try check(key: key, part: number, body: body)
        return try await BlockingPool.shared.run { [self] in
            guard let directory = try openUpload(upload, key), let other = try openUpload(upload, key) else {
                throw noUpload(key)
            }
            let temporary = try TemporaryFile(in: directory)
            try temporary.file.write(body.span.bytes)
            _ = try temporary.rename(to: String(number), in: other, .overwrite)
            return UploadedPart(
                number: number, etag: try temporary.version().etag, byteCount: body.count,
                crc: CRC32C.of(body.span.bytes))
        }
    }

    /// Makes the object of its parts.
    public func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag {
        try check(key: key, parts: parts)
        return try await BlockingPool.shared.run { [self] in
            guard let directory = try openUpload(upload, key) else { throw noUpload(key) }
            var byteCounts: [Int] = []
            for part in parts {
                let status = try DirectoryTree.status(String(part.number), in: directory)
                guard let version = status.map(FileVersion.init), version.etag == part.etag else {
                    throw unknownPart(key, part)
                }
                byteCounts.append(version.byteCount)
            }
            try check(key: key, partByteCounts: byteCounts)
            let temporary = try openWorkspace().makeFile()
            for part in parts { try append(part, of: key, in: directory, to: temporary.file) }
            let etag = try commit(temporary, key, mode)
            try openWorkspace().remove(upload.text)
            return etag
        }
    }

    /// Copies a part, and checks that it is what was put.
    private func append(
        _ part: UploadedPart, of key: String, in directory: borrowing FileDescriptor, to file: borrowing FileDescriptor
    ) throws(DESError) {
        guard let source = try DirectoryTree.open(String(part.number), in: directory, O_RDONLY) else {
            throw unknownPart(key, part)
        }
        var crc = CRC32C()
        var start = 0
        while start < part.byteCount {
            let bytes = try source.read(start..<min(start + 1 << 20, part.byteCount))
            crc.update(bytes.span.bytes)
            try file.write(bytes.span.bytes)
            start += bytes.count
        }
        guard crc.value == part.crc else {
            throw DESError(.corrupt, "part \(part.number) is not what was put", place: place(key))
        }
    }

    /// Both promises are kept.
    public func createSupport(below prefix: String) async throws -> CreateSupport { .full }

    /// Forgets an upload.
    public func abortUpload(_ key: String, _ upload: UploadID) async throws {
        try check(key: key)
        try await BlockingPool.shared.run { [self] in
            guard try openUpload(upload, key) != nil else { return }
            try openWorkspace().remove(upload.text)
        }
    }

    private func uploadPrefix(_ key: String) -> String {
        "upload-" + String(CRC32C.of(Array(key.utf8).span.bytes), radix: 16)
    }

    private func openUpload(_ upload: UploadID, _ key: String) throws(DESError) -> FileDescriptor? {
        let text = upload.text.utf8
        guard text.starts(with: (uploadPrefix(key) + "-").utf8), !text.contains(UInt8(ascii: "/")), !text.contains(0)
        else { return nil }
        return try openWorkspace().openUpload(upload.text)
    }
}

/// A path as it stands in a URL: everything but unreserved characters and the `/` is escaped.
private func percentEncoded(path: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in path.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "/"):
            bytes.append(byte)
        default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
