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
        for position in walk.overlapping { try await checkOverlapping(entries[position]) }
        if let trailer = layout.trailer, dataCRC.value != trailer.dataCRC {
            find(
                layout.data.lowerBound,
                "\(CRCMismatch(expected: trailer.dataCRC, found: dataCRC.value)) of DATA")
        }
        checkClustering(entries, layout)
    }

    /// A body that begins inside another one was passed over by the walk.
    private mutating func checkOverlapping(_ entry: Entry) async throws {
        find(entry.location.body.lowerBound, "the body of \(entry.name.quoted) overlaps another one")
        var crc = CRC32C()
        try await source.forEachPiece(of: entry.location.body) { _, piece in crc.update(piece) }
        do throws(DESError) { try entry.location.checkBody(crc.value, entry.name) } catch { find(error) }
    }

    private mutating func checkClustering(_ entries: ContainerIndex, _ layout: ContainerLayout) {
        guard let trailer = layout.trailer, trailer.clustered else { return }
        var end = layout.data.lowerBound
        for entry in entries where !entry.location.flags.contains(.external) {
            let body = entry.location.body
            let isInOrder =
                body.count < Limits.smallBodyByteCountMax
                ? body.lowerBound >= end && body.upperBound <= trailer.smallEnd : body.lowerBound >= trailer.smallEnd
            if !isInOrder {
                find(body.lowerBound, "the container says it is clustered, the body of \(entry.name.quoted) is not")
                return
            }
            if body.count < Limits.smallBodyByteCountMax { end = body.upperBound }
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
