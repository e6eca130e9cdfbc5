extension Verifier {
    /// Compares META with its checksum, and every object with its own, with JSON and with the size of its body.
    mutating func checkMetas(_ entries: ContainerIndex, _ layout: ContainerLayout) async throws {
        // Objects are small and lie in any order: they are taken from pieces of META as the range plan puts them.
        var regionCRC = CRC32C()
        try await source.forEachPiece(of: layout.meta) { _, piece in regionCRC.update(piece) }
        if let trailer = layout.trailer, regionCRC.value != trailer.metaCRC {
            find(layout.meta.lowerBound, "\(CRCMismatch(expected: trailer.metaCRC, found: regionCRC.value)) of META")
        }
        let ranges = entries.map(\.location.meta)
        let nothing: [UInt8] = []
        for position in ranges.indices where ranges[position].isEmpty {
            checkMeta(nothing.span.bytes, of: entries[position])
        }
        for read in RangePlan(ranges).reads {
            let bytes = try await source.read(read.range)
            for position in read.members {
                let slice = bytes.span.bytes.extracting(ranges[position].moved(by: -read.range.lowerBound))
                checkMeta(slice, of: entries[position])
            }
        }
    }

    private mutating func checkMeta(_ bytes: RawSpan, of entry: Entry) {
        do throws(DESError) {
            try entry.location.checkMeta(bytes.crc32c, entry.name)
            let metadata = try Metadata(checked: bytes, of: entry)
            let isStoredAsIs = entry.location.flags.isDisjoint(with: [.compressed, .encrypted])
            if let size = metadata.size {
                if size != entry.byteCount, isStoredAsIs {
                    find(
                        entry.location.meta.lowerBound,
                        "META of \(entry.name.quoted) says \"size\":\(size), the body has \(entry.byteCount) bytes")
                }
            } else if summary.hasChecksums || !bytes.isEmpty {
                find(
                    entry.location.meta.lowerBound,
                    "META of \(entry.name.quoted) has no \"size\" that is a whole number")
            }
        } catch {
            find(error)
        }
    }
}
