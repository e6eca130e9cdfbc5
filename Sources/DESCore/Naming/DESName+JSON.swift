extension DESName {
    /// When it was made, see ``milliseconds``.
    public var time: Timestamp {
        // Rounded down: a name may say any day, also one before 1970.
        let seconds = milliseconds.flooredDivision(by: 1_000)
        return Timestamp(seconds: seconds, nanoseconds: (milliseconds - seconds * 1_000) * 1_000_000)
    }

    /// What it says, as members of a JSON object: `des name parse` and `GET /names/{name}` answer the same.
    public func members(bits: ShardBits, keyPrefix: String) -> [JSON.Member] {
        let locator = ShardLocator(of: self, bits: bits, keyPrefix: keyPrefix)
        return [
            JSON.Member("name", .string(description)),
            JSON.Member("prefix", .string(prefix.description)),
            JSON.Member("day", .string(day.description)),
            JSON.Member("time", time.text.map { .string($0) } ?? .null),
            JSON.Member("node", .integer(value.node)),
            JSON.Member("sequence", .integer(value.sequence)),
            JSON.Member("shard_id", .integer(locator.shard.number)),
            JSON.Member("container_prefix", .string(locator.prefix)),
        ]
    }
}
