/// The key of a container in object storage. The only place where keys are made or parsed.
///
///     <keyPrefix>/YYYY-MM-DD/shard_NNNNN/<containerID>.des
///     <keyPrefix>/YYYY-MM-DD/shard_NNNNN/<containerID>/<containerID>.des     with bodies outside, below …/<containerID>/_bigFiles/
///     <keyPrefix>/YYYY-MM-DD/shard_NN.des                                    earlier layouts, one container
///     <keyPrefix>/YYYY-MM-DD/<hexadecimal shard>.des                         for each day and shard
public struct ContainerKey: Sendable, Hashable {
    /// How the key is laid out.
    public enum Layout: Sendable, Hashable {
        /// One of any number of containers of a day and shard.
        case attempt(ContainerID)
        /// The same with bodies outside of it.
        case attemptWithBodiesOutside(ContainerID)
        /// `shard_NN.des` with so many digits.
        case shardNumber(digits: Int)
        /// `NN.des` in lower-case hexadecimal with so many digits.
        case shardHex(digits: Int)
    }

    /// What comes before the day, without a slash at the end; may be empty.
    public var keyPrefix: String
    /// The day of the names inside.
    public var day: CalendarDay
    /// The shard of the names inside.
    public var shard: ShardID
    /// How the key is laid out.
    public var layout: Layout

    /// The key of a new container, or of one with an earlier layout.
    public init(keyPrefix: String, day: CalendarDay, shard: ShardID, layout: Layout) {
        self.keyPrefix = keyPrefix
        (self.day, self.shard, self.layout) = (day, shard, layout)
    }

    /// Parses a key of any layout; `nil` if it is none of a container.
    public init?(_ key: String) {
        self.init(parts: key)
        guard text == key else { return nil }  // such as one that begins with a slash
    }

    private init?(parts key: String) {
        var parts = key.split(separator: "/", omittingEmptySubsequences: false)[...]
        guard let file = parts.popLast(), file.hasSuffix(".des"), let parent = parts.popLast() else { return nil }
        let stem = file.dropLast(4)
        if let day = CalendarDay(String(parent)) {
            guard let (shard, layout) = ContainerKey.earlierLayout(stem) else { return nil }
            self.init(keyPrefix: parts.joined(separator: "/"), day: day, shard: shard, layout: layout)
            return
        }
        guard let id = ContainerID(String(stem)) else { return nil }
        var (directory, layout): (Substring, Layout) = (parent, .attempt(id))
        if parent == stem {
            guard let above = parts.popLast() else { return nil }
            (directory, layout) = (above, .attemptWithBodiesOutside(id))
        }
        guard directory.hasPrefix("shard_"), directory.utf8.count == 11,
            let shard = ContainerKey.number(directory.dropFirst(6), radix: 10).flatMap(ShardID.init),
            let day = parts.popLast().flatMap({ CalendarDay(String($0)) })
        else { return nil }
        self.init(keyPrefix: parts.joined(separator: "/"), day: day, shard: shard, layout: layout)
    }

    private static func earlierLayout(_ stem: Substring) -> (ShardID, Layout)? {
        if stem.hasPrefix("shard_") {
            let digits = stem.dropFirst(6)
            guard (1...5).contains(digits.utf8.count) else { return nil }
            return number(digits, radix: 10).flatMap(ShardID.init).map { ($0, .shardNumber(digits: digits.utf8.count)) }
        }
        guard (1...4).contains(stem.utf8.count), stem.utf8.allSatisfy({ !(0x41...0x5A).contains($0) }) else {
            return nil
        }
        return number(stem, radix: 16).flatMap(ShardID.init).map { ($0, .shardHex(digits: stem.utf8.count)) }
    }

    /// Digits alone, no sign.
    private static func number(_ text: Substring, radix: Int) -> Int? {
        text.utf8.allSatisfy { $0 != 0x2B && $0 != 0x2D } ? Int(text, radix: radix) : nil
    }

    /// The identity of the container, where its key says it.
    public var id: ContainerID? {
        switch layout {
        case .attempt(let id), .attemptWithBodiesOutside(let id): id
        case .shardNumber, .shardHex: nil
        }
    }

    /// The key.
    public var text: String {
        let directory = ContainerKey.dayPrefix(keyPrefix, day)
        switch layout {
        case .attempt(let id): return "\(directory)shard_\(shard)/\(id).des"
        case .attemptWithBodiesOutside(let id): return "\(directory)shard_\(shard)/\(id)/\(id).des"
        case .shardNumber(let digits): return "\(directory)shard_\(ContainerKey.padded(shard.number, 10, digits)).des"
        case .shardHex(let digits): return "\(directory)\(ContainerKey.padded(shard.number, 16, digits)).des"
        }
    }

    /// Where a v1 reader, and ours, looks for a body outside of the container: beside it, in `_bigFiles`.
    public func bodyKey(of name: EntryName) -> String { ContainerKey.bodyKey(of: name, beside: text) }

    /// The same for a container with any key.
    package static func bodyKey(of name: EntryName, beside key: String) -> String {
        "\(directory(of: key))_bigFiles/\(name.string)"
    }

    /// What the keys of all objects beside `key` begin with: `key` up to its last slash, empty if it has none.
    package static func directory(of key: String) -> String {
        key.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(key[...$0]) } ?? ""
    }

    /// What a manifest is written in; the end of its key.
    public enum ManifestFormat: String, Sendable {
        /// One object of JSON a line.
        case jsonLines = "jsonl"
        /// Apache Parquet.
        case parquet
    }

    /// The key of its manifest; `nil` for the earlier layouts, which have no identity.
    public func manifestKey(_ format: ManifestFormat) -> String? {
        id.map { "\(ContainerKey.root(keyPrefix))manifests/day=\(day)/shard=\(shard)/\($0).\(format.rawValue)" }
    }

    /// What the keys of all containers of a day begin with.
    public static func dayPrefix(_ keyPrefix: String, _ day: CalendarDay) -> String { "\(root(keyPrefix))\(day)/" }

    /// What the keys of all containers of a day and shard begin with, earlier layouts aside.
    public static func shardPrefix(_ keyPrefix: String, _ day: CalendarDay, _ shard: ShardID) -> String {
        "\(dayPrefix(keyPrefix, day))shard_\(shard)/"
    }

    private static func root(_ keyPrefix: String) -> String { keyPrefix.isEmpty ? "" : keyPrefix + "/" }

    private static func padded(_ number: Int, _ radix: Int, _ count: Int) -> String {
        let digits = String(number, radix: radix)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
