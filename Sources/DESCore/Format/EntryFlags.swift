/// What is special about an entry's stored bytes. 32 bits on disk.
public struct EntryFlags: OptionSet, Sendable, Hashable {
    /// The bits as stored.
    public let rawValue: UInt32

    /// Any bits, known or not.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The body lies outside, at `_bigFiles/<name>` beside the container.
    public static let external = EntryFlags(rawValue: 1)
    /// The stored bytes are compressed.
    public static let compressed = EntryFlags(rawValue: 2)
    /// The stored bytes are encrypted.
    public static let encrypted = EntryFlags(rawValue: 4)
    /// The entry is marked as deleted.
    public static let deleted = EntryFlags(rawValue: 8)

    /// The flags this version knows the meaning of.
    static let known: EntryFlags = [.external, .compressed, .encrypted, .deleted]

    /// Why the stored bytes are not the content, `nil` if they are. Unknown bits are never ignored here.
    public var obstacle: String? {
        if isEmpty { return nil }
        let names: [(EntryFlags, String)] = [
            (.external, "external"), (.compressed, "compressed"), (.encrypted, "encrypted"), (.deleted, "deleted"),
        ]
        var words = names.filter { contains($0.0) }.map(\.1)
        let unknown = rawValue & ~EntryFlags.known.rawValue
        if unknown != 0 { words.append("flags 0x" + String(unknown, radix: 16)) }
        return words.joined(separator: ", ")
    }
}
