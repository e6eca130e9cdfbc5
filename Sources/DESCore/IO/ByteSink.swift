/// Where a writer's bytes go, in order: a spool file that becomes the container, a pipe, memory.
public protocol ByteSink: AnyObject {
    /// Takes all of `bytes`, or throws; after a throw the sink is of no more use.
    func write(_ bytes: RawSpan) throws

    /// There will be no container: remove what was written. May be called more than once.
    func abandon()

    /// Everything is written: make it last and visible. `tail` is what the last bytes must be.
    func commit(tail: [UInt8], byteCount: Int) throws
}

/// Collects a container in memory.
public final class MemorySink: ByteSink {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    /// Whether a writer has sealed the container.
    public private(set) var isCommitted = false

    /// An empty sink.
    public init() {}

    /// Appends.
    public func write(_ bytes: RawSpan) { self.bytes.append(bytes) }

    /// Forgets what was written.
    public func abandon() { bytes = [] }

    /// Marks the container as whole.
    public func commit(tail: [UInt8], byteCount: Int) { isCommitted = true }
}
