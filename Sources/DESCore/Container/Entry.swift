/// An entry as a reader sees it: a name, and where its bytes are.
public struct Entry: Sendable, Hashable {
    /// The name.
    public var name: EntryName
    /// Where its bytes are and what they must be.
    public var location: EntryLocation

    /// Bytes of the stored body, or of the body outside for an external entry.
    public var byteCount: Int { location.bodyByteCount }

    /// The bytes of the body, stored here or outside, are the content and can be read.
    /// - Throws: ``DESError/Code/notFound`` for a deleted entry, ``DESError/Code/unsupported`` for one with a flag
    ///   that this version does not implement.
    public func checkReadable() throws(DESError) {
        var inside = location
        inside.flags.remove(.external)
        try inside.checkReadable(name)
    }

    /// The body lies outside the container.
    public var isExternal: Bool { location.flags.contains(.external) }

    /// The content, checked, from a container that need not be opened: a catalog or a manifest knew where it lies. One
    /// request, none for an empty body.
    /// - Throws: ``DESError/Code/corrupt`` if its checksum, if there is one, is another.
    public func content(in source: any ByteSource) async throws -> [UInt8] {
        do {
            try checkReadable()
            guard !isExternal else {
                throw DESError(.unsupported, "the body of \(name.quoted) lies outside of the container")
            }
            let content = try await source.readIfAny(location.body)
            try location.checkBody(content.span.bytes.crc32c, name)
            return content
        } catch let error as DESError {
            throw error.at(source.name)
        }
    }
}

/// Where the bytes of an entry are in the container, and their checksums.
public struct EntryLocation: Sendable, Hashable {
    /// Where the stored body is; for an external entry empty, at 0.
    public var body: Range<Int>
    /// Bytes of the stored body; for an external entry of the body outside.
    public var bodyByteCount: Int
    /// Where the META object is; may be empty in a container of another writer.
    public var meta: Range<Int>
    /// What is special about the stored bytes.
    public var flags: EntryFlags
    /// CRC32C of the stored body; `nil` in a plain v1 container, which has no checksums.
    public var bodyCRC: UInt32?
    /// CRC32C of META; `nil` in a plain v1 container.
    public var metaCRC: UInt32?

    /// The stored bytes are the content and can be read.
    /// - Throws: ``DESError/Code/notFound`` for a deleted entry, ``DESError/Code/unsupported`` otherwise.
    func checkReadable(_ name: EntryName) throws(DESError) {
        guard let obstacle = flags.obstacle else { return }
        if flags.contains(.deleted) { throw DESError(.notFound, "entry \(name.quoted) is marked as deleted") }
        throw DESError(.unsupported, "entry \(name.quoted) is \(obstacle), which this version cannot read")
    }

    /// `crc` is that of the body.
    @inline(__always)
    func checkBody(_ crc: UInt32, _ name: EntryName) throws(DESError) {
        guard let bodyCRC, bodyCRC != crc else { return }
        throw .corrupt(
            "\(CRCMismatch(expected: bodyCRC, found: crc)) of the body of \(name.quoted)", at: body.lowerBound)
    }

    /// `crc` is that of META.
    func checkMeta(_ crc: UInt32, _ name: EntryName) throws(DESError) {
        guard let metaCRC, metaCRC != crc else { return }
        throw .corrupt("\(CRCMismatch(expected: metaCRC, found: crc)) of META of \(name.quoted)", at: meta.lowerBound)
    }
}
