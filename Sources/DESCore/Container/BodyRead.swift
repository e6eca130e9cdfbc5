/// One read that fetches the bodies of several entries.
public struct BodyRead: Sendable {
    /// What is fetched.
    public let range: Range<Int>
    /// The entries whose bodies are inside, in the order in which they lie there.
    public let entries: [Entry]

    /// The body of one entry that lies outside; `range` is then that of the body.
    public var isExternal: Bool { entries.count == 1 && entries[0].isExternal }
}

/// The bytes of one ``BodyRead``. Can be handed to another thread before its bodies are checked and used.
public struct FetchedBodies: Sendable {
    /// The read.
    public let read: BodyRead
    private let bytes: [UInt8]
    private let place: String

    init(read: BodyRead, bytes: [UInt8], place: String) {
        (self.read, self.bytes, self.place) = (read, bytes, place)
    }

    /// Calls `body` with the content of the entry at `position` of the read's entries, checked.
    /// - Throws: ``DESError/Code/corrupt`` if the checksum differs; what `body` throws.
    public func withBody<R>(at position: Int, _ body: (RawSpan) throws -> R) throws -> R {
        let entry = read.entries[position]
        let isHere = !entry.location.body.isEmpty && !read.isExternal
        let range =
            read.isExternal
            ? read.range : isHere ? entry.location.body.moved(by: -read.range.lowerBound) : 0..<0
        let content = bytes.span.bytes.extracting(range)
        do throws(DESError) { try entry.location.checkBody(content.crc32c, entry.name) } catch {
            throw error.at(place)
        }
        return try body(content)
    }
}
