public import DESCore
import Synchronization

/// Writes files into the containers of one day, each under a name of its own, without a service or a catalog:
/// `<keyPrefix>/YYYY-MM-DD/shard_NNNNN/<containerID>.des`, where ``ShardLocator`` finds them by their names.
///
///     let daily = DailyStoreWriter(bucket, keyPrefix: "archive", day: day)
///     let plan = try await daily.plan(bodies.map(\.count), names: generator)
///     for container in plan.containers {
///         let written = try await daily.write(container) { writer, file in
///             let body = bodies[file.number]
///             try writer.append(file.name.entryName, body: body.span.bytes)
///         }
///     }
///
/// Nothing is ever replaced: names and container ids are new ones each time. Containers may be written at the same time.
public struct DailyStoreWriter: Sendable {
    /// How the containers are made.
    public struct Options: Sendable {
        /// How many shards a day has: the same for all who write to this store, and who read from it.
        public var shardBits = ShardBits.standard
        /// When a container is large enough and the next one of its shard begins.
        public var limits = DailyPlan.Limits()
        /// Where META of a container is kept until it is written, once it exceeds 1 MiB.
        public var spillDirectory = "/tmp"

        /// The usual ones.
        public init() {}
    }

    /// A container that is in the store.
    public struct Written: Sendable {
        /// Where it is.
        public let key: ContainerKey
        /// What is in it.
        public let summary: ContainerWriter.Summary
        /// Its files in the order of INDEX; those that were left out are not among them.
        public let files: [StoredFile]
    }

    /// A file in a container that is in the store.
    public struct StoredFile: Sendable, Hashable {
        /// Which one.
        public let file: DailyPlan.File
        /// Where its body lies: bytes from the start of the container.
        public let body: Range<Int>
    }

    /// The day that all names bear (UTC).
    public let day: CalendarDay
    private let store: any ObjectStore
    private let keyPrefix: String
    private let options: Options
    private let clock: NameClock

    /// Sealing waits for the store. See ``ObjectSink`` for why this needs threads of its own.
    private static let threads = BlockingPool(threadCount: 4)

    /// - Parameters:
    ///   - keyPrefix: what comes before the day in keys, without a slash at either end; may be empty.
    ///   - day: at most ``CalendarDay/nameDistanceMax`` days from today, or no names can be made.
    public init(
        _ store: any ObjectStore, keyPrefix: String = "", day: CalendarDay, options: Options = Options(),
        clock: NameClock = .system
    ) {
        (self.store, self.keyPrefix, self.day) = (store, keyPrefix, day)
        (self.options, self.clock) = (options, clock)
    }

    /// Names of one reservation, at most: they wait for no more than 40 ms.
    private static let reservationCountMax = 10_000

    /// Makes a name for each of the files and says which of them go into which containers.
    /// - Parameters:
    ///   - byteCounts: of the bodies; the position of a file is its ``DailyPlan/File/number``.
    ///   - names: who makes the names; is not needed any more afterwards.
    /// - Throws: what ``NameGenerator/reserve(_:_:of:)`` throws, such as ``DESError/Code/invalidArgument`` for a day that is
    ///   too far away.
    public func plan(_ byteCounts: [Int], names: NameGenerator) async throws -> DailyPlan {
        var files: [DailyPlan.File] = []
        files.reserveCapacity(byteCounts.count)
        while files.count < byteCounts.count {
            let count = min(byteCounts.count - files.count, DailyStoreWriter.reservationCountMax)
            for name in try await names.reserve(count, of: day) {
                let number = files.count
                files.append(
                    DailyPlan.File(
                        number: number, name: name, byteCount: byteCounts[number], bits: options.shardBits))
            }
        }
        return DailyPlan(day: day, files: files, limits: options.limits)
    }

    /// Writes a container: `append` is called for each of its files, on a thread that may wait.
    /// - Returns: what is in the store when this returns; `nil` if nothing was appended, so that there is no container.
    /// - Throws: what `append` throws, or the store; there is then no container. To leave a file out, append nothing.
    public func write(
        _ container: DailyPlan.Container,
        append: @escaping @Sendable (inout ContainerWriter, DailyPlan.File) throws -> Void
    ) async throws -> Written? {
        try await write(container) { writer in
            let box = WriterBox(writer)
            try await DailyStoreWriter.threads.run {
                for file in container.filesInWritingOrder { try box.append { try append(&$0, file) } }
            }
            return try box.take()
        }
    }

    /// The same for who has threads that read and append: `fill` gives back the writer that it was given.
    ///
    /// What is appended waits for the store, so this may not be done on the threads of tasks.
    public func write(
        _ container: DailyPlan.Container,
        filling fill: (consuming sending ContainerWriter) async throws -> sending ContainerWriter
    ) async throws -> Written? {
        let (id, createdAt) = newID(for: container)
        let key = ContainerKey(keyPrefix: keyPrefix, day: container.day, shard: container.shard, layout: .attempt(id))
        var options = ContainerWriter.Options()
        (options.id, options.createdAt) = (id, createdAt)
        (options.shardBits, options.spillDirectory) = (self.options.shardBits.count, self.options.spillDirectory)
        // No other attempt has this key.
        let sink = ObjectSink(store, key: key.text, .create, isUnique: true)
        do {
            let writer = try await fill(try ContainerWriter(to: sink, options: options))
            if writer.entryCount > 0 { return try await seal(writer, of: container, at: key) }
        } catch {
            await discard(sink)
            throw error
        }
        await discard(sink)
        return nil
    }

    private func discard(_ sink: ObjectSink) async {
        sink.abandon()
        await sink.waitUntilOver()
    }

    /// A new identity, and the time. Readers pass over containers that were begun before a name was made, and names may be
    /// ahead of a clock that was set back: such a container says the time of its latest name.
    private func newID(for container: DailyPlan.Container) -> (id: ContainerID, createdAt: Int64) {
        let now = clock.wall()
        let latest = container.files.lazy.map(\.name.milliseconds).max() ?? now
        var generator = SystemRandomNumberGenerator()
        return (ContainerID(milliseconds: Int64(max(now, latest)), using: &generator), Int64(now))
    }

    private func seal(
        _ writer: consuming sending ContainerWriter, of container: DailyPlan.Container, at key: ContainerKey
    ) async throws -> Written {
        let box = WriterBox(writer)
        return try await DailyStoreWriter.threads.run {
            var files: [StoredFile] = []
            var rest = container.files
            let summary = try box.take().seal(reporting: { entry in
                // Both are in the order of INDEX.
                let entryKey = entry.name.key
                rest = rest.drop { $0.key < entryKey }
                let file = rest.prefix { $0.key == entryKey }.first { $0.name.entryName == entry.name }
                if let file { files.append(StoredFile(file: file, body: entry.location.body)) }
            })
            return Written(key: key, summary: summary, files: files)
        }
    }
}

/// A writer that goes from thread to thread.
private final class WriterBox: Sendable {
    private let writer: Mutex<ContainerWriter?>

    init(_ writer: consuming sending ContainerWriter) { self.writer = Mutex(writer) }

    func append(_ body: @Sendable (inout ContainerWriter) throws -> Void) throws {
        try writer.withLock { try $0?.change(body) }
    }

    func take() throws -> sending ContainerWriter {
        guard let writer = writer.withLock({ $0.take() }) else {
            throw DESError(.unavailable, "the container is already sealed")
        }
        return writer
    }
}

extension ContainerWriter {
    fileprivate mutating func change(_ body: (inout ContainerWriter) throws -> Void) rethrows { try body(&self) }
}
