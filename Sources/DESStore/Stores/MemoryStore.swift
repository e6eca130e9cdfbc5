import DESCore
import Synchronization

/// Objects in memory, with the rules of S3: for tests, and the model that other stores are compared with.
public final class MemoryStore: ObjectStore {
    /// `memory:` and what the store was called.
    public let name: String
    private let pageCount: Int
    private let contents = Mutex(Contents())

    /// An empty store; a page of a listing has up to `pageCount` keys.
    public init(_ name: String = "store", pageCount: Int = 1_000) {
        self.name = "memory:" + name
        self.pageCount = pageCount
    }

    private struct Object {
        var bytes: [UInt8]
        var etag: ETag
    }

    private struct Upload {
        var key: [UInt8]
        var parts: [Int: Object] = [:]
    }

    // Keys are bytes: two strings may be equal for Swift and two keys.
    private struct Contents {
        var objects: [[UInt8]: Object] = [:]
        var keys: [[UInt8]] = []
        var uploads: [UploadID: Upload] = [:]
        var versionCount = 0

        mutating func nextVersion() -> String {
            versionCount += 1
            return "v\(versionCount)"
        }

        /// Where `key` is, or belongs, in `keys`.
        func place(of key: [UInt8]) -> Int {
            var range = 0..<keys.count
            while let middle = range.isEmpty ? nil : range.lowerBound + range.count / 2 {
                range = precedes(keys[middle], key) ? middle + 1..<range.upperBound : range.lowerBound..<middle
            }
            return range.lowerBound
        }

        /// The new version, `nil` if an object is in the way.
        mutating func put(_ key: [UInt8], _ bytes: [UInt8], _ mode: PutMode) -> ETag? {
            let isNew = objects[key] == nil
            guard isNew || mode == .overwrite else { return nil }
            let etag = ETag(nextVersion())
            if isNew { keys.insert(key, at: place(of: key)) }
            objects[key] = Object(bytes: bytes, etag: etag)
            return etag
        }
    }

    private func object(_ key: String) throws(DESError) -> Object {
        try check(key: key)
        guard let object = contents.withLock({ $0.objects[Array(key.utf8)] }) else { throw noObject(key) }
        return object
    }

    /// What is known of an object.
    public func head(_ key: String) async throws -> ObjectInfo {
        let object = try object(key)
        return ObjectInfo(key: key, byteCount: object.bytes.count, etag: object.etag)
    }

    /// Bytes of an object.
    public func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        try range.check(at: place(key))
        let object = try object(key)
        if let etag, etag != object.etag { throw otherVersion(key, wanted: etag, found: object.etag) }
        let bounds = range.bounds(in: object.bytes.count)
        return ObjectBytes(
            bytes: Array(object.bytes[bounds]), start: bounds.lowerBound, byteCount: object.bytes.count,
            etag: object.etag)
    }

    /// Writes an object whole.
    public func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag {
        try check(key: key, body: body)
        guard let etag = contents.withLock({ $0.put(Array(key.utf8), body, mode) }) else { throw alreadyThere(key) }
        return etag
    }

    /// Removes an object.
    public func delete(_ key: String) async throws {
        try check(key: key)
        let key = Array(key.utf8)
        contents.withLock { contents in
            guard contents.objects.removeValue(forKey: key) != nil else { return }
            contents.keys.remove(at: contents.place(of: key))
        }
    }

    /// One page of keys.
    public func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        try check(prefix: prefix)
        var builder = PageBuilder(prefix: prefix, isFlat: isFlat, after: token, countMax: pageCount)
        contents.withLock { contents in
            let start = Array((token.map { precedes(prefix.utf8, $0.utf8) ? $0 : prefix } ?? prefix).utf8)
            for key in contents.keys[contents.place(of: start)...] {
                guard key.starts(with: prefix.utf8), let object = contents.objects[key] else { break }
                let isAdded =
                    switch builder.unit(of: key) {
                    case nil: true
                    case .prefix(let common): builder.add(prefix: common)
                    case .object:
                        builder.add(
                            ObjectInfo(
                                key: String(decoding: key, as: UTF8.self), byteCount: object.bytes.count,
                                etag: object.etag))
                    }
                if !isAdded { break }
            }
        }
        return builder.page
    }

    /// Not possible: memory has no address that others can read.
    public func presignedURL(_ key: String, seconds: Int) async throws -> String {
        throw DESError(.unsupported, "objects in memory have no URL", place: place(key))
    }

    /// Begins an object of several parts.
    public func beginUpload(_ key: String) async throws -> UploadID {
        try check(key: key)
        return contents.withLock { contents in
            let upload = UploadID(contents.nextVersion())
            contents.uploads[upload] = Upload(key: Array(key.utf8))
            return upload
        }
    }

    /// Keeps a part.
    public func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart {
        try check(key: key, part: number, body: body)
        let etag: ETag? = contents.withLock { contents in
            guard contents.uploads[upload]?.key == Array(key.utf8) else { return nil }
            let etag = ETag(contents.nextVersion())
            contents.uploads[upload]?.parts[number] = Object(bytes: body, etag: etag)
            return etag
        }
        guard let etag else { throw noUpload(key) }
        return UploadedPart(number: number, etag: etag, byteCount: body.count, crc: CRC32C.of(body.span.bytes))
    }

    /// Makes the object of its parts.
    public func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag {
        try check(key: key, parts: parts)
        return try contents.withLock { contents in
            guard let stored = contents.uploads[upload], stored.key == Array(key.utf8) else { throw noUpload(key) }
            var (whole, byteCounts): ([UInt8], [Int]) = ([], [])
            for part in parts {
                guard let object = stored.parts[part.number], object.etag == part.etag else {
                    throw unknownPart(key, part)
                }
                whole += object.bytes
                byteCounts.append(object.bytes.count)
            }
            try check(key: key, partByteCounts: byteCounts)
            guard let etag = contents.put(stored.key, whole, mode) else { throw alreadyThere(key) }
            contents.uploads[upload] = nil
            return etag
        }
    }

    /// Both promises are kept.
    public func createSupport(below prefix: String) async throws -> CreateSupport { .full }

    /// Forgets an upload.
    public func abortUpload(_ key: String, _ upload: UploadID) async throws {
        try check(key: key)
        contents.withLock { contents in
            if contents.uploads[upload]?.key == Array(key.utf8) { contents.uploads[upload] = nil }
        }
    }
}
