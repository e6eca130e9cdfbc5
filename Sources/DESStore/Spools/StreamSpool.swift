import DESCore

/// A spool that keeps nothing: bytes go into the store as they come, and are an object when the container is whole.
///
/// For a container that is too large to be kept on this machine. It cannot be given to the store a second time.
public final class StreamSpool: ObjectSpool {
    private let sink: ObjectSink

    /// Begins an upload.
    public init(_ store: any ObjectStore, key: String) {
        sink = ObjectSink(store, key: key, .create, isUnique: true)
    }

    /// Nothing any more.
    public var publishByteCountMax: Int { 0 }

    /// Hands the bytes over.
    public func write(_ bytes: RawSpan) throws { try sink.write(bytes) }

    /// The upload is aborted.
    public func abandon() { sink.abandon() }

    /// The object is there when this returns.
    public func commit(tail: [UInt8], byteCount: Int) throws { try sink.commit(tail: tail, byteCount: byteCount) }

    /// It is already.
    public func publish() async throws {}
}
