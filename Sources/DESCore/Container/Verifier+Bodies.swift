extension Verifier {
    /// Compares DATA with its checksum and every body with its own, in one pass; then whether the clustered flag holds.
    mutating func checkBodies(_ entries: ContainerIndex, _ layout: ContainerLayout) async throws {
        var walk = RegionWalk(
            entries.inDataOrder().compactMap { position in
                let location = entries[position].location
                return location.flags.contains(.external) ? nil : (location.body, position)
            })
        var dataCRC = CRC32C()
        var mismatches: [(position: Int, found: UInt32)] = []
        try await source.forEachPiece(of: layout.data) { place, piece in
            dataCRC.update(piece)
            walk.take(place, piece) { position, found in
                if entries[position].location.bodyCRC.map({ $0 != found }) ?? false {
                    mismatches.append((position, found))
                }
            }
        }
        for (position, found) in mismatches {
            let entry = entries[position]
            do throws(DESError) { try entry.location.checkBody(found, entry.name) } catch { find(error) }
        }
        for entry in entries where entry.location.body.isEmpty && !entry.location.flags.contains(.external) {
            do throws(DESError) { try entry.location.checkBody(0, entry.name) } catch { find(error) }
        }
        // Overlapping bodies are read again, but never more of them than the container has bytes: many may claim much.
        var budget = layout.byteCount
        for position in walk.overlapping {
            budget = max(-1, budget) - entries[position].byteCount
            try await checkOverlapping(entries[position], isRead: budget >= 0)
        }
        if let trailer = layout.trailer, dataCRC.value != trailer.dataCRC {
            find(
                layout.data.lowerBound,
                "\(CRCMismatch(expected: trailer.dataCRC, found: dataCRC.value)) of DATA")
        }
        checkClustering(entries, layout)
    }

    /// A body that begins inside another one was passed over by the walk.
    private mutating func checkOverlapping(_ entry: Entry, isRead: Bool) async throws {
        find(entry.location.body.lowerBound, "the body of \(entry.name.quoted) overlaps another one")
        guard isRead else { return }
        var crc = CRC32C()
        try await source.forEachPiece(of: entry.location.body) { _, piece in crc.update(piece) }
        do throws(DESError) { try entry.location.checkBody(crc.value, entry.name) } catch { find(error) }
    }

    /// The clustered flag and the positions in ROOT are what a reader guesses by: they must be true.
    private mutating func checkClustering(_ entries: ContainerIndex, _ layout: ContainerLayout) {
        guard let trailer = layout.trailer else { return }
        guard trailer.clustered else {
            for page in 0..<layout.pageCount where layout.root.positions[page] != 0 {
                find(
                    layout.rootStart + page * Root.bytesPerPage,
                    "ROOT has a body position for page \(page) of a container that is not clustered")
            }
            return
        }
        var end = layout.data.lowerBound
        var position = trailer.smallEnd  // where the next small body begins, seen from the last entry
        for (number, entry) in entries.enumerated() where !entry.location.flags.contains(.external) {
            let body = entry.location.body
            let isSmall = body.count < Limits.smallBodyByteCountMax
            let isInPlace =
                isSmall
                ? body.lowerBound >= end && body.upperBound <= trailer.smallEnd : body.lowerBound >= trailer.smallEnd
            if !isInPlace {
                find(
                    body.lowerBound,
                    "the container says it is clustered, the body of \(entries[number].name.quoted) is not")
                return
            }
            if isSmall { end = body.upperBound }
        }
        if end != trailer.smallEnd {
            find(
                layout.tail.upperBound - Trailer.byteCount + 64,
                "TRAILER says that the small bodies end at \(trailer.smallEnd), they end at \(end)")
        }
        for page in (0..<layout.pageCount).reversed() {
            let first = page * trailer.geometry.pageEntryCount
            let small = (first..<first + trailer.geometry.entryCount(ofPage: page)).lazy.map { entries[$0].location }
                .first { !$0.flags.contains(.external) && $0.body.count < Limits.smallBodyByteCountMax }
            position = small?.body.lowerBound ?? position
            if layout.root.positions[page] != Root.encoded(position: position) {
                find(
                    layout.rootStart + page * Root.bytesPerPage,
                    "ROOT says that the bodies of page \(page) begin about \(layout.root.positions[page]) x 4 KiB, they "
                        + "begin at \(position)")
            }
        }
    }
}

/// Checksums of many ranges of one region in a single pass over it.
///
/// Ranges come sorted by start. Equal ranges share their result; one that begins inside another is put aside.
struct RegionWalk {
    private let ranges: [(range: Range<Int>, id: Int)]
    private var next = 0
    private var crc = CRC32C()
    /// Ids of the ranges that the walk passed over.
    private(set) var overlapping: [Int] = []

    init(_ sorted: [(Range<Int>, Int)]) {
        var kept: [(Range<Int>, Int)] = []
        var end = 0
        for (range, id) in sorted.sorted(by: { ($0.0.lowerBound, $0.0.upperBound) < ($1.0.lowerBound, $1.0.upperBound) }
        )
        where !range.isEmpty {
            if range.lowerBound >= end || kept.last.map({ $0.0 == range }) ?? false {
                kept.append((range, id))
                end = range.upperBound
            } else {
                overlapping.append(id)
            }
        }
        ranges = kept.map { (range: $0.0, id: $0.1) }
    }

    /// Goes on over `bytes`, which lie at `place`; calls `done` with each range that ends there and its checksum.
    mutating func take(_ place: Range<Int>, _ bytes: RawSpan, done: (Int, UInt32) -> Void) {
        while next < ranges.count, ranges[next].range.lowerBound < place.upperBound {
            let range = ranges[next].range
            crc.update(bytes.extracting(range.clamped(to: place).moved(by: -place.lowerBound)))
            if range.upperBound > place.upperBound { return }
            while next < ranges.count, ranges[next].range == range {
                done(ranges[next].id, crc.value)
                next += 1
            }
            crc = CRC32C()
        }
    }
}
