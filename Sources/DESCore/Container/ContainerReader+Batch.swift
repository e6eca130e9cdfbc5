extension ContainerReader {
    /// Finds many names: each page is fetched once, pages that lie close together in one read.
    /// - Returns: one element per name, in the order of `names`; `nil` where there is no such entry.
    public func find(_ names: [EntryName], limits: RangePlan.Limits = RangePlan.Limits()) async throws -> [Entry?] {
        guard layout.isSorted else {
            var entries: [Entry?] = []
            for name in names { entries.append(try await find(name)) }
            return entries
        }
        var wanted: [Int: [Int]] = [:]  // page: positions in `names`
        for (position, name) in names.enumerated() {
            for page in layout.root.pages(holding: name.key) { wanted[page, default: []].append(position) }
        }
        let pages = wanted.keys.sorted()
        let index = pages.map { layout.index(ofPages: $0..<$0 + 1) }
        let checksums = pages.map { layout.checksums(ofPages: $0..<$0 + 1) }
        var found: [Entry?] = Array(repeating: nil, count: names.count)
        // INDEX and CHECKSUMS lie apart, so a read holds pages of one of them; those of CHECKSUMS are kept.
        var slices: [Int: [UInt8]] = [:]
        try await forEach(checksums, limits) { slices[pages[$0]] = $1.array() }
        try await forEach(index, limits) { place, bytes in
            let page = pages[place]
            let slice = slices[page] ?? []
            var isChecked = false
            for position in wanted[page] ?? [] where found[position] == nil {
                let name = names[position]
                let location = try name.withBytes {
                    try layout.find(
                        $0, page: page, index: bytes, checksums: slice.span.bytes, isChecked: isChecked)
                }
                isChecked = true
                found[position] = location.map { Entry(name: name, location: $0) }
            }
        }
        return found
    }

    /// Plans which reads fetch the content of `entries`; entries that lie close together share one.
    /// - Throws: for an entry whose stored bytes are not its content.
    public func plan(_ entries: [Entry], limits: RangePlan.Limits = RangePlan.Limits()) throws -> [BodyRead] {
        do throws(DESError) {
            for entry in entries { try entry.location.checkReadable(entry.name) }
        } catch {
            throw error.at(source.name)
        }
        let empty = entries.filter(\.location.body.isEmpty)
        let reads = RangePlan(entries.map(\.location.body), limits: limits).reads
        return (empty.isEmpty ? [] : [BodyRead(range: 0..<0, entries: empty)])
            + reads.map { BodyRead(range: $0.range, entries: $0.members.map { entries[$0] }) }
    }

    /// Fetches one planned read. Its bodies are checked as they are taken out.
    public func fetch(_ read: BodyRead) async throws -> FetchedBodies {
        try await located {
            FetchedBodies(read: read, bytes: try await bytesInPieces(read.range), place: source.name)
        }
    }

    /// Reads the content of many entries, each checked before `receive` gets it, in the order in which they lie in the
    /// container (empty ones first). A body longer than one read's limit is held in memory too.
    public func bodies(
        of entries: [Entry], limits: RangePlan.Limits = RangePlan.Limits(),
        receive: (Entry, RawSpan) throws -> Void
    ) async throws {
        for read in try plan(entries, limits: limits) {
            let fetched = try await fetch(read)
            for (position, entry) in read.entries.enumerated() {
                try fetched.withBody(at: position) { try receive(entry, $0) }
            }
        }
    }

    /// Reads the content of every name there is.
    /// - Returns: the names there are not.
    public func bodies(
        of names: [EntryName], limits: RangePlan.Limits = RangePlan.Limits(),
        receive: (Entry, RawSpan) throws -> Void
    ) async throws -> [EntryName] {
        let found = try await find(names, limits: limits)
        try await bodies(of: found.compactMap { $0 }, limits: limits, receive: receive)
        return zip(names, found).compactMap { $1 == nil ? $0 : nil }
    }

    /// META of many entries, each checked, in the order of `entries`.
    public func metadata(of entries: [Entry]) async throws -> [Metadata] {
        var found: [Metadata?] = Array(repeating: nil, count: entries.count)
        try await forEach(entries.map(\.location.meta), RangePlan.Limits()) { position, bytes in
            let entry = entries[position]
            try entry.location.checkMeta(bytes.crc32c, entry.name)
            found[position] = try Metadata(checked: bytes, of: entry)
        }
        return found.compactMap { $0 }
    }

    /// Fetches `ranges` as planned and hands each to `receive` with its position, empty ones first.
    private func forEach(
        _ ranges: [Range<Int>], _ limits: RangePlan.Limits, receive: (Int, RawSpan) throws -> Void
    ) async throws {
        try await located {
            let nothing: [UInt8] = []
            for position in ranges.indices where ranges[position].isEmpty { try receive(position, nothing.span.bytes) }
            for read in RangePlan(ranges, limits: limits).reads {
                let bytes = try await bytesInPieces(read.range)
                for member in read.members {
                    try receive(member, bytes.span.bytes.extracting(ranges[member].moved(by: -read.range.lowerBound)))
                }
            }
        }
    }

    /// The bytes of `range`; no single read has more than 8 MiB.
    private func bytesInPieces(_ range: Range<Int>) async throws -> [UInt8] {
        var bytes = [UInt8]()
        var start = range.lowerBound
        while start < range.upperBound {
            let piece = try await self.bytes(start..<min(start + BodyPieces.pieceByteCount, range.upperBound))
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
            start += piece.count
        }
        return bytes
    }
}
