public import DESCore

/// A container that is being written, and becomes an object in one step, or never: whatever happens to the process, nothing of
/// it is to be seen before, and nothing is left to be cleaned up.
///
/// Its calls block, but for ``publish()``.
public protocol ObjectSpool: ByteSink, Sendable {
    /// Bytes that ``publish()`` holds in memory.
    var publishByteCountMax: Int { get }
    /// Makes the object of what was committed, waits until it is there for good, and looks at its end.
    /// - Throws: ``DESError/Code/conflict`` if the key is taken; what is there is untouched.
    func publish() async throws
}

/// Begins a container that will be the object at `key`, which is of this attempt alone.
public typealias SpoolMaker = @Sendable (_ key: String) throws -> any ObjectSpool
