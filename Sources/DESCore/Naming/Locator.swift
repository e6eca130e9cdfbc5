/// Where a file is to be looked for.
public enum Locator: Sendable, Hashable {
    /// A catalog or a manifest knew it: one request, see ``Entry/content(in:)``.
    case exact(key: String, entry: Entry)
    /// The name alone was known: one of the containers of its day and shard has it.
    case computed(ShardLocator)

    /// From a name alone.
    public init(of name: DESName, bits: ShardBits, keyPrefix: String = "") {
        self = .computed(ShardLocator(of: name, bits: bits, keyPrefix: keyPrefix))
    }
}

/// The containers that may hold a file of which only the name is known.
public struct ShardLocator: Sendable, Hashable {
    /// What comes before the day in keys, without a slash at the end; may be empty.
    public let keyPrefix: String
    /// The day of the name.
    public let day: CalendarDay
    /// The shard of the name.
    public let shard: ShardID
    /// Containers begun before this (milliseconds since 1970) cannot hold it.
    public let earliest: Int

    /// Clocks of the services that make names and of those that make containers may differ so much.
    static let clockDifferenceMax = 5 * 60_000

    /// From a name alone.
    public init(of name: DESName, bits: ShardBits, keyPrefix: String = "") {
        self.keyPrefix = keyPrefix
        (day, shard) = (name.day, name.shard(bits: bits))
        earliest = name.milliseconds - ShardLocator.clockDifferenceMax
    }

    /// What the keys of all of them begin with: list this.
    public var prefix: String { ContainerKey.shardPrefix(keyPrefix, day, shard) }

    /// The keys where an earlier layout has the only container of this day and shard: try these when nothing is found in
    /// the list.
    public func earlierKeys(bits: ShardBits) -> [String] {
        let layouts: [ContainerKey.Layout] = [.shardNumber(digits: 2), .shardHex(digits: (bits.count + 3) / 4)]
        return layouts.map { ContainerKey(keyPrefix: keyPrefix, day: day, shard: shard, layout: $0).text }
    }

    /// Those of the listed keys that may be the container, in the order in which they should be tried: oldest first.
    public func candidates(among keys: some Sequence<String>) -> [ContainerKey] {
        keys.compactMap { ContainerKey($0) }
            .filter { key in
                key.keyPrefix == keyPrefix && key.day == day && key.shard == shard
                    && (key.id?.milliseconds.map { $0 >= earliest } ?? false)
            }
            .sorted { ($0.id?.bytes ?? []).lexicographicallyPrecedes($1.id?.bytes ?? []) }
    }
}
