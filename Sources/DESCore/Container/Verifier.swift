/// Reads a whole container and reports everything that is wrong with it; it goes on after the first finding.
///
/// Checked: HEADER, FOOTER, TRAILER and the checksum of every region; INDEX order, names and bounds; ROOT against
/// INDEX; for every entry its META (checksum, JSON, `"size"`) and its body's checksum; bodies that overlap. Bodies are
/// read once, front to back, in pieces of 8 MiB.
public struct Verifier {
    /// What was looked at.
    public struct Summary: Sendable {
        /// Entries checked.
        public var entryCount = 0
        /// Bytes of the container.
        public var byteCount = 0
        /// Findings reported.
        public var findingCount = 0
        /// Entries whose bodies lie outside of the container.
        public var externalCount = 0
        /// Whether there were checksums to compare; a plain v1 container has none.
        public var hasChecksums = false
    }

    let source: any ByteSource
    private let report: (Finding) -> Void
    private(set) var summary = Summary()
    /// Entries whose bodies lie outside, with the offsets of their index entries.
    private var outside: [(offset: Int, entry: Entry)] = []

    static let pieceByteCount = 8 << 20

    private init(_ source: any ByteSource, _ report: @escaping (Finding) -> Void) {
        (self.source, self.report) = (source, report)
    }

    /// Verifies the container in `source` and calls `report` with each finding.
    ///
    /// Bodies outside must be there and have their length; their content has no checksum.
    /// A container that this version is too old for cannot be told from a damaged one: that is a finding too.
    /// - Throws: only what `source` throws other than corruption: then nothing is said about the container.
    /// - Parameter checkingOutside: whether bodies outside are looked for.
    public static func verify(
        _ source: any ByteSource, checkingOutside: Bool = true, report: @escaping (Finding) -> Void
    ) async throws -> Summary {
        var verifier = Verifier(source, report)
        do {
            let reader = try await ContainerReader(source)
            try await verifier.run(reader)
            if checkingOutside { try await verifier.checkOutside(reader) }
        } catch let error as DESError where error.code == .corrupt || error.code == .unsupported {
            verifier.find(error)
        }
        return verifier.summary
    }

    mutating func find(_ error: DESError) { find(error.offset ?? 0, error.message) }

    mutating func find(_ offset: Int, _ message: String) {
        summary.findingCount += 1
        report(Finding(offset: offset, message: message))
    }

    private mutating func run(_ reader: ContainerReader) async throws {
        let layout = reader.layout
        summary.byteCount = layout.byteCount
        summary.hasChecksums = layout.isSorted
        let header = try await source.read(0..<Header.byteCount)
        do { try Header.check(header.span.bytes) } catch { find(error) }
        try await checkDictionary(layout)

        let index = try await source.readIfAny(layout.index)
        let checksums = try await source.readIfAny(layout.checksums)
        if let trailer = layout.trailer {
            check(index, trailer.indexCRC, "INDEX", at: layout.index.lowerBound)
            check(checksums, trailer.checksumsCRC, "CHECKSUMS", at: layout.checksums.lowerBound)
        }
        let entries: ContainerIndex
        do throws(DESError) {
            entries = try ContainerIndex(layout, index: index, checksums: checksums)
        } catch {
            // Without entries there is still DATA and META to compare.
            find(error)
            try await checkRegions(layout)
            return
        }
        summary.entryCount = entries.count
        checkOrder(layout, index, entries)
        checkNames(entries, hidden: reader.hiddenEntries())
        try await checkMetas(entries, layout)
        try await checkBodies(entries, layout)
        outside = entries.enumerated().filter { $1.isExternal }.map { (entries.offset(ofEntry: $0), $1) }
        summary.externalCount = outside.count
    }

    private mutating func checkOutside(_ reader: ContainerReader) async throws {
        for (offset, entry) in outside {
            do {
                guard entry.name.pathFault == nil, try await source.external(entry.name) != nil else { continue }
                try await reader.checkIsThere(entry)
            } catch let error as DESError where error.code == .notFound || error.code == .corrupt {
                find(offset, "the body outside of \(entry.name.quoted): \(error.message)")
            }
        }
    }

    private mutating func check(_ bytes: [UInt8], _ expected: UInt32, _ region: String, at offset: Int) {
        let crc = bytes.span.bytes.crc32c
        if crc != expected { find(offset, "\(CRCMismatch(expected: expected, found: crc)) of \(region)") }
    }

    private mutating func checkDictionary(_ layout: ContainerLayout) async throws {
        guard let trailer = layout.trailer, trailer.dictionaryByteCount > 0 else { return }
        let start = layout.checksums.upperBound
        let dictionary = try await source.read(start..<start + trailer.dictionaryByteCount)
        check(dictionary, trailer.dictionaryCRC, "DICTIONARY", at: start)
    }

    private mutating func checkRegions(_ layout: ContainerLayout) async throws {
        guard let trailer = layout.trailer else { return }
        for (region, expected, name) in [
            (layout.data, trailer.dataCRC, "DATA"), (layout.meta, trailer.metaCRC, "META"),
        ] {
            var crc = CRC32C()
            try await source.forEachPiece(of: region) { _, piece in crc.update(piece) }
            if crc.value != expected {
                find(region.lowerBound, "\(CRCMismatch(expected: expected, found: crc.value)) of \(name)")
            }
        }
    }

    /// Order within each page, and from the last entry of a page to the first of the next: ROOT tells only 32 bits.
    private mutating func checkOrder(_ layout: ContainerLayout, _ index: [UInt8], _ entries: ContainerIndex) {
        for page in 0..<layout.pageCount {
            let place = layout.index(ofPages: page..<page + 1)
            let bytes = index.span.bytes.extracting(place.moved(by: -layout.index.lowerBound))
            do throws(DESError) { try layout.checkOrder(page, index: bytes, start: place.lowerBound) } catch {
                find(error)
            }
            guard page > 0, let first = layout.trailer.map({ page * $0.geometry.pageEntryCount }) else { continue }
            let isAscending = entries.withName(at: first - 1) { last in
                entries.withName(at: first) { next in
                    let (lastKey, nextKey) = (EntryKey(last), EntryKey(next))
                    return lastKey < nextKey || lastKey == nextKey && last.precedes(next)
                }
            }
            if !isAscending {
                find(place.lowerBound, "the first entry of page \(page) is not after the last one of the page before")
            }
        }
    }

    private mutating func checkNames(_ entries: ContainerIndex, hidden: [Int]) {
        for (position, entry) in entries.enumerated() {
            if let fault = entry.name.pathFault {
                find(entries.offset(ofEntry: position), "the name \(entry.name.quoted) \(fault)")
            }
        }
        for position in hidden {
            find(
                entries.offset(ofEntry: position),
                "a later entry has the same name \(entries[position].name.quoted) and hides this one")
        }
    }
}

extension ByteSource {
    /// Exactly the bytes of `range`; an empty range costs no read.
    func readIfAny(_ range: Range<Int>) async throws -> [UInt8] { range.isEmpty ? [] : try await read(range) }

    /// Reads `range` front to back in pieces of 8 MiB; `take` gets each with its place.
    func forEachPiece(of range: Range<Int>, _ take: (Range<Int>, RawSpan) throws -> Void) async throws {
        var start = range.lowerBound
        while start < range.upperBound {
            let place = start..<min(start + Verifier.pieceByteCount, range.upperBound)
            let bytes = try await read(place)
            try take(place, bytes.span.bytes)
            start = place.upperBound
        }
    }
}
