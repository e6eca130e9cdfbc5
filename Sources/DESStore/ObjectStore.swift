public import DESCore

/// A place for immutable objects: a directory, a bucket, memory.
///
/// Keys are UTF-8 of 1 to 1,024 bytes, compared as bytes. Every error is a ``DESError``: `notFound`, `conflict` (create-only
/// and already there), `changed` (`ifMatch` does not hold any more), `denied`, `invalidArgument`, `unsupported`,
/// `unavailable`; ``DESError/isTransient`` says that repeating may help. Nothing is retried here: see ``RetryingStore``.
public protocol ObjectStore: Sendable {
    /// What messages call it: `s3://bucket`, `file:///directory`, `memory:name`. A key is appended after a slash.
    var name: String { get }

    /// What is known of an object without reading it.
    func head(_ key: String) async throws -> ObjectInfo

    /// Those bytes of `range` that the object has, in one request.
    ///
    /// A range behind the end, or any range of an empty object, gives no bytes and is no error. An empty range is answered
    /// without a request for the body. What comes back was compared with the range and the size the store stated.
    /// - Parameter etag: the version that is wanted; if it is not there any more: ``DESError/Code/changed``.
    func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes

    /// Writes an object whole.
    /// - Throws: ``DESError/Code/conflict`` for ``PutMode/create`` if the key is there; it is then untouched.
    func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag

    /// Removes an object; that there is none is no error.
    func delete(_ key: String) async throws

    /// One page of keys that begin with `prefix`, ascending as bytes; keys below a `/` after the prefix are given as one
    /// common prefix if `isFlat` is false.
    /// - Parameter token: ``ListPage/next`` of the page before.
    func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage

    /// A URL that reads the object for `seconds` without credentials.
    func presignedURL(_ key: String, seconds: Int) async throws -> String

    /// Begins an object of several parts; nothing is there before it is completed.
    func beginUpload(_ key: String) async throws -> UploadID

    /// Writes part `number`, from 1 on; all but the last have at least ``UploadLimits/partByteCountMin``.
    func putPart(_ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]) async throws -> UploadedPart

    /// Makes the object of its parts, in ascending order.
    /// - Throws: ``DESError/Code/conflict`` for ``PutMode/create`` if the key is there,
    ///   ``DESError/Code/unsupported`` if the store cannot promise that.
    func completeUpload(_ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode) async throws
        -> ETag

    /// Forgets an upload and its parts; that there is none is no error.
    func abortUpload(_ key: String, _ upload: UploadID) async throws

    /// What ``PutMode/create`` is worth here. A store that does not say is asked by trying it on a key of its own below
    /// `prefix`, which is removed.
    func createSupport(below prefix: String) async throws -> CreateSupport
}

/// Where a store keeps the promise of ``PutMode/create``.
public enum CreateSupport: Sendable, Hashable {
    /// For puts and for objects of several parts.
    case full
    /// For puts; an object of several parts replaces what is there (Ceph).
    case putOnly
    /// Nowhere (`rclone serve s3`): such a store is no place for containers that must never be replaced.
    case none
}

/// The version of an object, as the store gives it, without quotes.
public struct ETag: Sendable, Hashable, CustomStringConvertible {
    /// The opaque text.
    public var description: String

    /// A version from its text.
    public init(_ text: String) { description = text }
}

/// What is known of an object without reading it.
public struct ObjectInfo: Sendable, Hashable {
    /// The key, whole.
    public var key: String
    /// Bytes of the object.
    public var byteCount: Int
    /// Its version.
    public var etag: ETag
    /// When it was written, if the store says so.
    public var modified: Timestamp?

    /// What is known of an object.
    public init(key: String, byteCount: Int, etag: ETag, modified: Timestamp? = nil) {
        (self.key, self.byteCount, self.etag, self.modified) = (key, byteCount, etag, modified)
    }
}

/// Which bytes of an object.
public enum ObjectRange: Sendable, Hashable {
    /// Bytes from the first to before the last bound.
    case bytes(Range<Int>)
    /// The last bytes.
    case suffix(Int)

    /// Bytes at most.
    var byteCountMax: Int {
        switch self {
        case .bytes(let range): range.count
        case .suffix(let count): count
        }
    }
}

/// Bytes of an object, and of which.
public struct ObjectBytes: Sendable, Hashable {
    /// The bytes.
    public var bytes: [UInt8]
    /// Where they begin in the object.
    public var start: Int
    /// Bytes of the whole object.
    public var byteCount: Int
    /// Its version.
    public var etag: ETag

    /// Bytes of an object.
    public init(bytes: [UInt8], start: Int, byteCount: Int, etag: ETag) {
        (self.bytes, self.start, self.byteCount, self.etag) = (bytes, start, byteCount, etag)
    }
}

/// What happens to an object that is already there.
public enum PutMode: Sendable, Hashable {
    /// Nothing: the put fails.
    case create
    /// It is replaced.
    case overwrite
}

/// A part of a listing.
public struct ListPage: Sendable, Hashable {
    /// The objects, ascending by key.
    public var objects: [ObjectInfo]
    /// What keys below a `/` have in common, each with the `/` at its end.
    public var prefixes: [String]
    /// Where the next page begins, `nil` after the last one.
    public var next: String?

    /// A part of a listing.
    public init(objects: [ObjectInfo], prefixes: [String] = [], next: String? = nil) {
        (self.objects, self.prefixes, self.next) = (objects, prefixes, next)
    }
}

/// An upload of several parts.
public struct UploadID: Sendable, Hashable {
    /// The store's own text.
    public var text: String

    /// An upload from the store's text.
    public init(_ text: String) { self.text = text }
}

/// A part that is in the store.
public struct UploadedPart: Sendable, Hashable {
    /// From 1 to 10,000.
    public var number: Int
    /// Its version.
    public var etag: ETag
    /// Its bytes.
    public var byteCount: Int
    /// CRC32C of its bytes.
    public var crc: UInt32

    /// A part that is in the store.
    public init(number: Int, etag: ETag, byteCount: Int, crc: UInt32) {
        (self.number, self.etag, self.byteCount, self.crc) = (number, etag, byteCount, crc)
    }
}

/// Bounds of S3, which every store keeps.
public enum UploadLimits {
    /// Bytes of a part, the last one excepted.
    public static let partByteCountMin = 5 << 20
    /// Parts of an object.
    public static let partCountMax = 10_000
    /// Bytes of one put.
    public static let putByteCountMax = 5 << 30
    /// Bytes of a key.
    public static let keyByteCountMax = 1_024
}

extension ObjectStore {
    /// What messages call an object.
    public func place(_ key: String) -> String { name + "/" + key }
}
