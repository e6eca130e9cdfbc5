public import DESCore

/// Which files go into which containers of a day, decided before the first byte is written.
///
///     files, each with its name ──► by shard, there by (key, name) ──► cut where a container would be too large
///
/// Memory: 80 bytes for each file.
public struct DailyPlan: Sendable {
    /// A file that has its name.
    public struct File: Sendable, Hashable {
        /// Which of the inputs it is, from 0.
        public let number: Int
        /// What it is called from now on.
        public let name: DESName
        /// Bytes of its body when that was asked; they may be others when it is written.
        public let byteCount: Int
        let shard: ShardID
        let key: EntryKey

        init(number: Int, name: DESName, byteCount: Int, bits: ShardBits) {
            (self.number, self.name, self.byteCount) = (number, name, byteCount)
            let entryName = name.entryName
            (shard, key) = (ShardID(of: entryName.string, bits: bits), entryName.key)
        }
    }

    /// When a container is large enough. A file that is larger has one of its own.
    public struct Limits: Sendable, Hashable {
        /// Bytes of the bodies of a container, at most.
        public var byteCountMax = 512 << 20
        /// Entries of a container, at most.
        public var entryCountMax = 1_000_000

        /// 512 MiB, a million entries.
        public init() {}
    }

    /// One container to be.
    public struct Container: Sendable {
        /// The day of all names in it.
        public let day: CalendarDay
        /// The shard of all names in it.
        public let shard: ShardID
        /// In the order of INDEX: ascending by (key, name).
        public let files: ArraySlice<File>

        /// The order in which they are appended, so that the container is clustered: small bodies first.
        public var filesInWritingOrder: [File] {
            files.filter { $0.byteCount < DESCore.Limits.smallBodyByteCountMax }
                + files.filter { $0.byteCount >= DESCore.Limits.smallBodyByteCountMax }
        }
    }

    /// Ascending by shard.
    public let containers: [Container]

    /// Files with names of one day and prefix, in any order.
    init(day: CalendarDay, files: [File], limits: Limits) {
        let files = files.sorted(by: DailyPlan.precedes)[...]
        var containers: [Container] = []
        var rest = files
        while let first = rest.first {
            let shard = rest.prefix { $0.shard == first.shard }
            let container = shard.prefix(DailyPlan.count(of: shard.lazy.map(\.byteCount), within: limits))
            containers.append(Container(day: day, shard: first.shard, files: container))
            rest = rest.dropFirst(container.count)
        }
        self.containers = containers
    }

    /// Values do not repeat within a day, and names of one prefix and day are in their order.
    private static func precedes(_ a: File, _ b: File) -> Bool {
        (a.shard, a.key, a.name.value) < (b.shard, b.key, b.name.value)
    }

    /// How many of the bodies, one at least, the next container takes.
    private static func count(of byteCounts: some Sequence<Int>, within limits: Limits) -> Int {
        var (count, sum) = (0, 0)
        for byteCount in byteCounts {
            if count > 0, count == limits.entryCountMax || byteCount > limits.byteCountMax - sum { break }
            (count, sum) = (count + 1, sum + byteCount)
        }
        return count
    }
}
