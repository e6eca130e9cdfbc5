/// Where the body of an entry lies, and what it is: what a catalog has to know to read it with one request.
public struct BodyPlace: Sendable, Hashable {
    /// In the container; 0 for a body outside.
    public var offset: Int
    /// Bytes of the body.
    public var byteCount: Int
    /// CRC32C of the body.
    public var crc: UInt32
    /// As in the index.
    public var flags: EntryFlags

    /// A place in a container.
    public init(offset: Int, byteCount: Int, crc: UInt32, flags: EntryFlags = []) {
        (self.offset, self.byteCount, self.crc, self.flags) = (offset, byteCount, crc, flags)
    }
}
