internal import Synchronization

/// Counts the reads of another source and the bytes they brought.
public final class CountingByteSource: ByteSource {
    /// What was read so far.
    public struct Counts: Sendable, Equatable {
        /// Calls, the tail included.
        public var reads = 0
        /// Bytes returned.
        public var bytes = 0
    }

    private let source: any ByteSource
    private let state = Mutex(Counts())

    /// Counts what is read from `source`.
    public init(_ source: any ByteSource) { self.source = source }

    /// The name of the source behind.
    public var name: String { source.name }

    /// What was read so far.
    public var counts: Counts { state.withLock { $0 } }

    /// The last bytes of the source behind.
    public func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int) {
        let tail = try await source.readTail(byteCountMax)
        count(tail.bytes.count)
        return tail
    }

    /// Exactly the bytes of `range` of the source behind.
    public func read(_ range: Range<Int>) async throws -> [UInt8] {
        let bytes = try await source.read(range)
        count(bytes.count)
        return bytes
    }

    private func count(_ bytes: Int) {
        state.withLock { counts in
            counts.reads += 1
            counts.bytes += bytes
        }
    }
}
