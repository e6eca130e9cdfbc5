/// Bounds on what a container may hold, in one place. Lengths are in bytes.
///
/// A writer checks them before the first byte is written, a reader before it believes a length.
/// Source: docs/format.md, "Limits".
public enum Limits {
    /// Entries of one container we write: ROOT stays below 96 KiB with pages of at most 2,048 entries.
    public static let entryCountMax = 1 << 24
    /// Where DATA of one container we write ends at the latest: ROOT holds 32-bit positions in steps of 4 KiB.
    public static let dataEndMax = 1 << 44
    /// INDEX of one container we write: ROOT holds 32-bit page offsets.
    public static let indexByteCountMax = 1 << 32
    /// A name's length is 16 bits on disk.
    public static let nameByteCountMax = 65_535
    /// META of one entry; v1 has the same bound.
    public static let metaByteCountMax = 10 << 20
    /// Metadata of a file that waits in a catalog, as text: what the packer adds has to fit as well.
    public static let queuedMetaByteCountMax = 1 << 20
    /// The source of a file in a catalog: a bucket and a key, each byte of which may be escaped.
    public static let sourceByteCountMax = 2_048
    /// Sources and metadata of the rows that a packer claims for one container, together; one row is always claimed.
    public static let claimedRowByteCountMax = 16 << 20
    /// Nested arrays and objects in META that the reader follows.
    public static let metaDepthMax = 128
    /// Pages of one container.
    public static let pageCountMax = 8_192
    /// Bodies below this are *small*: they lie in INDEX order in a clustered container.
    public static let smallBodyByteCountMax = 128 << 10
    /// The first read of a container: holds FOOTER, TRAILER and the largest ROOT.
    public static let tailReadByteCount = 128 << 10
}
