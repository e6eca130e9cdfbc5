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
        var found: [Entry?] = Array(repeating: nil, count: names.count)
        let numbers = wanted.keys.sorted()
        var rest = numbers[...]
        while !rest.isEmpty {
            var byteCount = 0
            let group = rest.prefix { number in
                defer { byteCount += layout.index(ofPages: number..<number + 1).count }
                return byteCount < ContainerReader.pageByteCountMax
            }
            rest = rest.dropFirst(group.count)
            for (number, page) in try await pages(Array(group), limits) {
                for position in wanted[number] ?? [] where found[position] == nil {
                    let location = try await located { try page.find(names[position]) }
                    found[position] = location.map { Entry(name: names[position], location: $0) }
                }
            }
        }
        return found
    }

    /// Bytes of pages that are in memory at one time, one page more or less.
    private static let pageByteCountMax = 32 << 20
    /// Requests to a remote source at one time. A local one is read with its own means, one after the other.
    private var width: Int { source.isRemote ? 16 : 1 }

    /// The pages `numbers`, those that are not at hand in few reads.
    private func pages(_ numbers: [Int], _ limits: RangePlan.Limits) async throws -> [Int: PageReader.Page] {
        var found: [Int: PageReader.Page] = [:]
        var rest = numbers.makeIterator()
        try await located {
            try await inOrder(
                width: width, next: { rest.next() }, produce: { ($0, try await self.pages.pageAtHand($0)) },
                consume: { number, page in found[number] = page })
        }
        let missing = numbers.filter { found[$0] == nil }
        let index = missing.map { layout.index(ofPages: $0..<$0 + 1) }
        let checksums = missing.map { layout.checksums(ofPages: $0..<$0 + 1) }
        var parts: [Int: [UInt8]] = [:]
        try await forEach(index + checksums, limits) { parts[$0] = $1.array() }
        for (place, number) in missing.enumerated() {
            found[number] = try await located {
                try await pages.take(
                    number, index: parts[place] ?? [], checksums: parts[place + missing.count] ?? [])
            }
        }
        return found
    }

    /// Plans which reads fetch the content of `entries`; entries that lie close together share one.
    /// - Throws: for an entry whose stored bytes are not its content.
    public func plan(_ entries: [Entry], limits: RangePlan.Limits = RangePlan.Limits()) throws -> [BodyRead] {
        do throws(DESError) {
            for entry in entries { try entry.checkReadable() }
        } catch {
            throw error.at(source.name)
        }
        let inside = entries.filter { !$0.isExternal }
        let outside = entries.filter(\.isExternal)
        let empty = inside.filter(\.location.body.isEmpty)
        let reads = RangePlan(inside.map(\.location.body), limits: limits).reads
        return (empty.isEmpty ? [] : [BodyRead(range: 0..<0, entries: empty)])
            + reads.map { BodyRead(range: $0.range, entries: $0.members.map { inside[$0] }) }
            + outside.map { BodyRead(range: 0..<$0.byteCount, entries: [$0]) }
    }

    /// Fetches one planned read. Its bodies are checked as they are taken out.
    public func fetch(_ read: BodyRead) async throws -> FetchedBodies {
        if read.isExternal {
            return FetchedBodies(read: read, bytes: try await body(of: read.entries[0]), place: source.name)
        }
        return try await located {
            FetchedBodies(read: read, bytes: try await bytesInPieces(read.range), place: source.name)
        }
    }

    /// Reads the content of many entries, each checked before `receive` gets it, in the order in which they lie in the
    /// container (empty ones first). A body longer than one read's limit is held in memory too.
    public func bodies(
        of entries: [Entry], limits: RangePlan.Limits = RangePlan.Limits(),
        receive: (Entry, RawSpan) throws -> Void
    ) async throws {
        var reads = try plan(entries, limits: limits).makeIterator()
        try await inOrder(
            width: width, next: { reads.next() }, produce: { try await self.fetch($0) },
            consume: { fetched in
                for (position, entry) in fetched.read.entries.enumerated() {
                    try fetched.withBody(at: position) { try receive(entry, $0) }
                }
            })
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
            var reads = RangePlan(ranges, limits: limits).reads.makeIterator()
            try await inOrder(
                width: width, next: { reads.next() }, produce: { ($0, try await self.bytesInPieces($0.range)) },
                consume: { read, bytes in
                    for member in read.members {
                        try receive(
                            member, bytes.span.bytes.extracting(ranges[member].moved(by: -read.range.lowerBound)))
                    }
                })
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
