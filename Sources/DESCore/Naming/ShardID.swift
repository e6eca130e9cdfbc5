/// How many shards a deployment has: 2 to the power of this, 1 to 16. It never changes.
public struct ShardBits: Sendable, Hashable, CustomStringConvertible {
    /// 1 to 16.
    public let count: Int

    /// 256 shards.
    public static let standard = ShardBits(unchecked: 8)

    /// - Throws: ``DESError/Code/invalidArgument`` unless it is 1 to 16.
    public init(_ count: Int) throws(DESError) {
        guard (1...16).contains(count) else {
            throw DESError(.invalidArgument, "shard bits: expected 1 to 16, not \(count)")
        }
        self.count = count
    }

    private init(unchecked count: Int) { self.count = count }

    /// As it is set.
    public var description: String { "\(count)" }

    /// How many shards there are.
    public var shardCount: Int { 1 << count }
}

/// One of the shards of a day. The only place where a shard is computed.
public struct ShardID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// From 0.
    public let number: Int

    /// A shard by its number; `nil` for one that no layout has.
    public init?(_ number: Int) {
        guard (0..<1 << 16).contains(number) else { return nil }
        self.number = number
    }

    /// The shard of a name: the leading bits of its SHA-256.
    public init(of name: String, bits: ShardBits) {
        number = NameHash.withDigest(of: name) { digest in
            Int(UInt16(bigEndian: digest.load(as: UInt16.self))) >> (16 - bits.count)
        }
    }

    /// Five digits, as in keys.
    public var description: String {
        var bytes = [UInt8]()
        bytes.append(decimal: number, width: 5)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// By number.
    public static func < (a: ShardID, b: ShardID) -> Bool { a.number < b.number }
}
