public import DESCore
import Synchronization

/// One version of an object: the first answer pins its ETag, every later request asks for that.
///
/// An object that is replaced meanwhile gives ``DESError/Code/changed``, never a mix of two.
public final class ObjectByteSource: ByteSource {
    /// The URL of the object.
    public let name: String
    /// The key of the object.
    public let key: String
    private let store: any ObjectStore
    private let version: Mutex<ETag?>

    /// The object at `key`.
    /// - Parameter version: the version that is wanted, if it is known; else the first one that is met.
    public init(_ store: any ObjectStore, key: String, version: ETag? = nil) {
        (self.store, self.key, name) = (store, key, store.place(key))
        self.version = Mutex(version)
    }

    /// The URL and the version, once that is known.
    public var identity: String? { version.withLock { $0 }.map { "\(name)#\($0)" } }

    /// Requests cost a round trip.
    public var isRemote: Bool { true }

    /// The last bytes, in one request. A store that has no suffix ranges is asked for the length first.
    public func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int) {
        let pinned = version.withLock { $0 }
        let answer: ObjectBytes
        do {
            answer = try await store.get(key, .suffix(byteCountMax), ifMatch: pinned)
        } catch let error as DESError where error.code == .unsupported {
            let info = try await store.head(key)
            answer = try await store.get(
                key, .bytes(max(0, info.byteCount - byteCountMax)..<info.byteCount), ifMatch: pinned ?? info.etag)
        }
        try pin(answer.etag)
        return (answer.bytes, answer.byteCount)
    }

    /// Exactly the bytes of `range`.
    public func read(_ range: Range<Int>) async throws -> [UInt8] {
        let answer = try await store.get(key, .bytes(range), ifMatch: version.withLock { $0 })
        try pin(answer.etag)
        guard answer.bytes.count == range.count else {
            throw DESError(
                .corrupt, "the object ends at \(answer.byteCount), bytes up to \(range.upperBound) were expected",
                offset: answer.byteCount, place: name)
        }
        return answer.bytes
    }

    /// The object `_bigFiles/<name>` beside this one.
    public func external(_ name: EntryName) async throws -> (any ByteSource)? {
        ObjectByteSource(store, key: ContainerKey.bodyKey(of: name, beside: key))
    }

    /// The first answer decides; several requests may have been under way before there was one.
    private func pin(_ etag: ETag) throws(DESError) {
        let pinned = version.withLock { version in
            version = version ?? etag
            return version
        }
        guard pinned == etag else { throw DESError(.changed, "was replaced while it was read", place: name) }
    }
}
