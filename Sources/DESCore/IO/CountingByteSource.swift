/// Counts the reads of another source and the bytes they brought.
public final class CountingByteSource: ByteSource {
    /// What was read so far.
    public struct Counts: Sendable, Equatable {
        /// Calls, the tail included.
        public var reads = 0
        /// Bytes returned.
        public var bytes = 0
        /// Reads that had to wait for another one: the length of the longest chain of reads, each begun after the one
        /// before it was answered.
        public var roundTrips = 0
    }

    /// Shared with what lies beside the source, whose reads are counted too.
    private final class Tally: Sendable {
        let counts = Monitor(Counts())
    }

    private let source: any ByteSource
    private let tally: Tally

    /// Counts what is read from `source`.
    public init(_ source: any ByteSource) { (self.source, tally) = (source, Tally()) }

    private init(_ source: any ByteSource, _ tally: Tally) { (self.source, self.tally) = (source, tally) }

    /// The name of the source behind.
    public var name: String { source.name }

    /// What the source behind says.
    public var identity: String? { source.identity }

    /// What the source behind says.
    public var isRemote: Bool { source.isRemote }

    /// What was read so far.
    public var counts: Counts { tally.counts.withLock { $0 } }

    /// The last bytes of the source behind.
    public func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int) {
        let depth = begin()
        let tail = try await source.readTail(byteCountMax)
        end(depth, tail.bytes.count)
        return tail
    }

    /// Exactly the bytes of `range` of the source behind.
    public func read(_ range: Range<Int>) async throws -> [UInt8] {
        let depth = begin()
        let bytes = try await source.read(range)
        end(depth, bytes.count)
        return bytes
    }

    /// The body outside of the source behind; its reads are counted here.
    public func external(_ name: EntryName) async throws -> (any ByteSource)? {
        try await source.external(name).map { CountingByteSource($0, tally) }
    }

    private func begin() -> Int {
        tally.counts.withLock { counts in
            counts.reads += 1
            return counts.roundTrips + 1
        }
    }

    private func end(_ depth: Int, _ bytes: Int) {
        tally.counts.withLock { counts in
            counts.roundTrips = max(counts.roundTrips, depth)
            counts.bytes += bytes
        }
    }
}
