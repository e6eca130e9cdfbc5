extension ContainerWriter {
    /// Ends the container: META, sorted INDEX, TAIL, FOOTER, and the sink's commit, which makes it last and visible.
    /// - Throws: what the sink throws; there is then no container.
    public consuming func seal() throws -> Summary {
        try guarded { (writer: inout ContainerWriter) throws in try writer.sealUnguarded().summary }
    }

    /// Ends the container, and says where its entries lie.
    /// - Parameter each: is told of each entry, in the order of INDEX, once the container is there.
    /// - Throws: what the sink throws; there is then no container, and nothing was said.
    public consuming func seal(reporting each: (Entry) -> Void) throws -> Summary {
        try guarded { (writer: inout ContainerWriter) throws in
            let sealed = try writer.sealUnguarded()
            for number in sealed.order { each(writer.entry(Int(number), metaStart: sealed.metaStart)) }
            return sealed.summary
        }
    }

    private mutating func sealUnguarded() throws -> (summary: Summary, order: [UInt32], metaStart: Int) {
        let data = Header.byteCount..<position
        var trailer = Trailer(geometry: PageGeometry(entryCount: entries.count))
        (trailer.id, trailer.createdAt) = (options.id, options.createdAt)
        (trailer.epoch, trailer.shardBits) = (options.epoch, options.shardBits)
        trailer.dataCRC = dataCRC.value
        trailer.metaCRC = metas.crc.value

        let metaStart = position
        try putMetas()
        let index = position..<position + indexByteCount
        let order = entries.sorted()
        let clustering = Clustering(entries, order, dataStart: data.lowerBound)
        (trailer.clustered, trailer.smallEnd) = (clustering.holds, clustering.smallEnd)
        let pages = try putIndex(order, metaStart: metaStart, trailer.geometry, clustering)
        trailer.indexCRC = pages.indexCRC
        trailer.checksumsCRC = try putChecksums(order, trailer.geometry, pageCRCs: pages.pageCRCs)

        var tail = pages.root.encoded()
        trailer.rootCRC = tail.span.bytes.crc32c
        let footer = Footer(
            data: data, meta: metaStart..<index.lowerBound, index: index, entryCount: entries.count,
            tailByteCount: trailer.tailByteCount
        ).encoded()
        tail += trailer.encoded(footer: footer)
        tail += footer
        try put(tail.span.bytes)
        try sink.commit(tail: tail, byteCount: position)
        let summary = Summary(
            entryCount: entries.count, byteCount: position, dataByteCount: data.count, isClustered: clustering.holds)
        return (summary, order, metaStart)
    }

    /// The entry that was appended as number `number`, as a reader will find it.
    private func entry(_ number: Int, metaStart: Int) -> Entry {
        let record = entries[number]
        let metaStart = metaStart + record.metaOffset
        let flags = EntryFlags(rawValue: UInt32(record.flags))
        let body = record.dataOffset..<record.dataOffset + record.dataByteCount
        let location = EntryLocation(
            body: flags.contains(.external) ? 0..<0 : body, bodyByteCount: record.dataByteCount,
            meta: metaStart..<metaStart + Int(record.metaByteCount), flags: flags, bodyCRC: record.bodyCRC,
            metaCRC: record.metaCRC)
        let name = entries.withName(of: record) { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        return Entry(name: EntryName(unchecked: name), location: location)
    }

    private mutating func putMetas() throws {
        var pieces = 0
        let sink = sink
        try metas.forEachPiece {
            try sink.write($0)
            pieces += $0.byteCount
        }
        position += pieces
    }

    private mutating func putIndex(
        _ order: [UInt32], metaStart: Int, _ geometry: PageGeometry, _ clustering: Clustering
    ) throws -> (root: Root, pageCRCs: [UInt32], indexCRC: UInt32) {
        var root = Root()
        var pageCRCs: [UInt32] = []
        var indexCRC = CRC32C()
        var page = [UInt8]()
        var pageStart = 0
        for number in 0..<geometry.pageCount {
            page.removeAll(keepingCapacity: true)
            let first = number * geometry.pageEntryCount
            for place in first..<first + geometry.entryCount(ofPage: number) {
                let record = entries[Int(order[place])]
                page.append(littleEndian: record.nameByteCount)
                entries.withName(of: record) { page.append($0) }
                page.append(littleEndian: UInt64(record.dataOffset))
                page.append(littleEndian: UInt64(record.dataByteCount))
                page.append(littleEndian: UInt64(metaStart + record.metaOffset))
                page.append(littleEndian: UInt64(record.metaByteCount))
                page.append(littleEndian: UInt32(record.flags))
            }
            root.append(
                firstKey: EntryKey(rawValue: entries[Int(order[first])].key), pageOffset: pageStart,
                bodyPosition: clustering.holds ? clustering.pagePositions[number] : 0)
            pageStart += page.count
            pageCRCs.append(page.span.bytes.crc32c)
            indexCRC.update(page.span.bytes)
            try put(page.span.bytes)
        }
        return (root, pageCRCs, indexCRC.value)
    }

    private mutating func putChecksums(
        _ order: [UInt32], _ geometry: PageGeometry, pageCRCs: [UInt32]
    ) throws -> UInt32 {
        var crc = CRC32C()
        var slice = [UInt8]()
        for number in 0..<geometry.pageCount {
            slice.removeAll(keepingCapacity: true)
            slice.append(littleEndian: pageCRCs[number])
            let first = number * geometry.pageEntryCount
            for place in first..<first + geometry.entryCount(ofPage: number) {
                let record = entries[Int(order[place])]
                slice.append(littleEndian: record.bodyCRC)
                slice.append(littleEndian: record.metaCRC)
            }
            crc.update(slice.span.bytes)
            try put(slice.span.bytes)
        }
        return crc.value
    }
}

/// Whether what was written is clustered: small bodies in INDEX order from `dataStart` to `smallEnd`, larger ones after.
private struct Clustering {
    private(set) var holds = true
    private(set) var smallEnd: Int
    /// Where each page's small bodies begin; a page without any has the next one's.
    private(set) var pagePositions: [Int] = []

    init(_ entries: EntryTable, _ order: [UInt32], dataStart: Int) {
        smallEnd = dataStart
        let geometry = PageGeometry(entryCount: entries.count)
        var firstLarge = Int.max
        var firstOfPage: [Int?] = Array(repeating: nil, count: geometry.pageCount)
        for (place, number) in order.enumerated() {
            let record = entries[Int(number)]
            if record.isExternal { continue }
            if record.isSmall {
                if record.dataOffset < smallEnd { holds = false }
                smallEnd = record.dataOffset + record.dataByteCount
                let page = place / geometry.pageEntryCount
                firstOfPage[page] = firstOfPage[page] ?? record.dataOffset
            } else {
                firstLarge = min(firstLarge, record.dataOffset)
            }
        }
        if firstLarge < smallEnd { holds = false }
        guard holds else {
            smallEnd = 0
            return
        }
        var next = smallEnd
        pagePositions = firstOfPage.reversed().map { first in
            next = first ?? next
            return next
        }.reversed()
    }
}
