import DESCatalog
import DESCore
import DESStore

extension Deployment {
    /// Opens a container, every time anew.
    /// - Parameter version: the one that is wanted.
    func open(_ key: String, version: ETag? = nil) async throws -> ContainerReader {
        try await ContainerReader(ObjectByteSource(store, key: key, version: version))
    }
}

extension ContainerReader {
    /// It is the container that its key says.
    /// - Throws: ``DESError/Code/corrupt``.
    func check(is id: ContainerID) throws(DESError) {
        guard layout.id == id else {
            throw DESError(.corrupt, "says that it is the container \(layout.id), not \(id)", place: name)
        }
    }

    /// Reads bodies, and compares each with its checksum.
    /// - Throws: ``DESError/Code/corrupt``; ``DESError/Code/unsupported`` for one that has no checksum.
    func checkBodies(of entries: [Entry]) async throws {
        if let entry = entries.first(where: { $0.location.bodyCRC == nil }) {
            throw DESError(.unsupported, "the body of \(entry.name.quoted) has no checksum", place: name)
        }
        let isSmall = { (entry: Entry) in !entry.isExternal && entry.byteCount <= BodyPieces.pieceByteCount }
        try await bodies(of: entries.filter(isSmall)) { _, _ in }
        for entry in entries where !isSmall(entry) { try await check(entry) }
    }
}

extension Verifier {
    /// Reads every byte of a container, and of its bodies outside.
    /// - Throws: ``DESError/Code/corrupt`` with the first finding.
    static func check(_ source: any ByteSource) async throws {
        var first: DESCore.Finding?
        _ = try await Verifier.verify(source) { first = first ?? $0 }
        if let first { throw DESError(.corrupt, first.message, offset: first.offset, place: source.name) }
        let reader = try await ContainerReader(source)
        for entry in try await reader.index() where entry.isExternal { try await reader.check(entry) }
    }
}

extension Entry {
    /// Where it lies, as a catalog says it; `nil` if it has no checksum.
    var place: BodyPlace? {
        location.bodyCRC.map { crc in
            BodyPlace(
                offset: isExternal ? 0 : location.body.lowerBound, byteCount: byteCount, crc: crc, flags: location.flags
            )
        }
    }
}

extension Collection where Index == Int {
    /// Its elements, so many at a time.
    func inBatches(of count: Int) -> [[Element]] {
        stride(from: startIndex, to: endIndex, by: count).map { Array(self[$0..<Swift.min($0 + count, endIndex)]) }
    }
}
