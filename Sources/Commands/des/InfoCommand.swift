import ArgumentParser
import DESConsole
import DESCore

struct InfoCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show the regions, counts and sizes of a container.",
        discussion: """
            EXAMPLES
              des info photos.des
              des info --json photos.des
            """)

    @OptionGroup var source: ArchiveArgument
    @OptionGroup var output: OutputOptions

    func run(_ console: Console) async throws -> ExitStatus {
        try await source.withReader(console) { reader in try await run(console, reader) }
    }

    private func run(_ console: Console, _ reader: ContainerReader) async throws -> ExitStatus {
        let statistics = Statistics(try await reader.index(), layout: reader.layout)
        if console.isJSON {
            try console.print("info", InfoCommand.members(reader.layout, statistics))
        } else {
            for line in InfoCommand.lines(reader.layout, statistics) { try console.print(line) }
        }
        return .done
    }

    private static func regions(_ layout: ContainerLayout) -> [(name: String, range: Range<Int>)] {
        [
            ("HEADER", 0..<16), ("DATA", layout.data), ("META", layout.meta), ("INDEX", layout.index),
            ("TAIL", layout.tail), ("FOOTER", layout.tail.upperBound..<layout.byteCount),
        ]
    }

    private static func members(_ layout: ContainerLayout, _ statistics: Statistics) -> [JSON.Member] {
        [
            JSON.Member("format", .string(layout.isSorted ? "v1 with tail" : "plain v1")),
            JSON.Member("bytes", .integer(layout.byteCount)), JSON.Member("entries", .integer(layout.entryCount)),
            JSON.Member("id", .string(layout.id.description)), JSON.Member("created_at_ms", .integer(layout.createdAt)),
            JSON.Member("epoch", .integer(layout.epoch)), JSON.Member("clustered", .bool(layout.isClustered)),
            JSON.Member("pages", .integer(layout.pageCount)),
            JSON.Member("body_bytes", .integer(statistics.bodyByteCount)),
            JSON.Member("unused_data_bytes", .integer(statistics.unusedByteCount)),
            JSON.Member(
                "regions",
                .object(
                    regions(layout).map { region in
                        JSON.Member(
                            region.name,
                            .object([
                                JSON.Member("offset", .integer(region.range.lowerBound)),
                                JSON.Member("bytes", .integer(region.range.count)),
                            ]))
                    })),
            JSON.Member("flags", .object(statistics.flags.map { JSON.Member($0.name, .integer($0.count)) })),
            JSON.Member(
                "sizes",
                .array(
                    statistics.sizes.map { bucket in
                        .object([
                            JSON.Member("below", .integer(bucket.below)),
                            JSON.Member("entries", .integer(bucket.count)),
                            JSON.Member("bytes", .integer(bucket.byteCount)),
                        ])
                    })),
        ]
    }

    private static func lines(_ layout: ContainerLayout, _ statistics: Statistics) -> [String] {
        var lines = [
            row("format", layout.isSorted ? "v1, sorted index, checksums" : "plain v1, no checksums"),
            row("size", "\(Amounts.count(layout.byteCount)) bytes (\(Amounts.bytes(layout.byteCount)))"),
            row("entries", Amounts.count(layout.entryCount)),
            row("bodies", "\(Amounts.count(statistics.bodyByteCount)) bytes"),
            row("overhead", "\(Amounts.count(layout.byteCount - statistics.usedByteCount)) bytes"),
        ]
        if layout.isSorted {
            lines.append(row("pages", "\(Amounts.count(layout.pageCount))"))
            lines.append(row("clustered", layout.isClustered ? "yes" : "no"))
        }
        if layout.id != .none { lines.append(row("id", layout.id.description)) }
        if layout.createdAt != 0 {
            let (seconds, milliseconds) = layout.createdAt.quotientAndRemainder(dividingBy: 1_000)
            let time = Timestamp(seconds: Int(seconds), nanoseconds: Int(abs(milliseconds)) * 1_000_000)
            lines.append(row("created", time.text ?? "\(layout.createdAt) ms"))
        }
        if layout.epoch != 0 { lines.append(row("epoch", "\(layout.epoch)")) }
        if statistics.unusedByteCount > 0 {
            lines.append(row("unused", "\(Amounts.count(statistics.unusedByteCount)) bytes of DATA"))
        }
        lines.append("")
        for region in regions(layout) {
            lines.append(row(region.name, "\(Amounts.count(region.range.count)) bytes at \(region.range.lowerBound)"))
        }
        if !statistics.flags.isEmpty { lines.append("") }
        for flag in statistics.flags { lines.append(row(flag.name, "\(Amounts.count(flag.count)) entries")) }
        if !statistics.sizes.isEmpty { lines.append("") }
        for bucket in statistics.sizes {
            lines.append(
                row(
                    "< \(Amounts.bytes(bucket.below))",
                    "\(Amounts.count(bucket.count)) entries, \(Amounts.bytes(bucket.byteCount))"))
        }
        return lines
    }

    private static func row(_ label: String, _ value: String) -> String {
        label + String(repeating: " ", count: max(1, 12 - label.count)) + value
    }
}

/// Counts over all entries of a container.
struct Statistics {
    /// Entries with bodies below a size and not below the bucket before.
    struct Bucket {
        var below: Int
        var count = 0
        var byteCount = 0
    }

    private(set) var bodyByteCount = 0
    /// Bytes of DATA that entries use; those that share a range count once.
    private(set) var usedByteCount = 0
    /// Bytes of DATA that no entry uses.
    let unusedByteCount: Int
    /// Entries by flag, for flags that occur.
    private(set) var flags: [(name: String, count: Int)] = []
    /// Entries by size in steps of four, from the first bucket to the last that has any.
    private(set) var sizes: [Bucket] = []

    init(_ index: ContainerIndex, layout: ContainerLayout) {
        var counts: [String: Int] = [:]
        var buckets: [Int: Bucket] = [:]
        var end = layout.data.lowerBound
        for position in index.inDataOrder() {
            let entry = index[position]
            if let obstacle = entry.location.flags.obstacle { counts[obstacle, default: 0] += 1 }
            var exponent = 0
            while entry.byteCount >= 64 << (2 * exponent), exponent < 28 { exponent += 1 }
            var bucket = buckets[exponent] ?? Bucket(below: 64 << (2 * exponent))
            bucket.count += 1
            bucket.byteCount = bucket.byteCount.addingClamped(entry.byteCount)
            buckets[exponent] = bucket
            bodyByteCount = bodyByteCount.addingClamped(entry.location.body.count)
            usedByteCount += max(0, entry.location.body.upperBound - max(end, entry.location.body.lowerBound))
            end = max(end, entry.location.body.upperBound)
        }
        unusedByteCount = layout.data.count - usedByteCount
        flags = counts.sorted { $0.key < $1.key }.map { (name: $0.key, count: $0.value) }
        sizes = buckets.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension Int {
    /// The sum, or the largest integer: what a container says of bodies outside may be anything.
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
