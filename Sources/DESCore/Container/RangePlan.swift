/// Which reads fetch a set of ranges: neighbours are merged where that saves requests and costs few bytes.
///
/// Pure. Ranges may come in any order, overlap or repeat.
public struct RangePlan: Sendable {
    /// What merging may cost. Lengths are in bytes.
    public struct Limits: Sendable {
        /// Ranges that lie at most this far apart are merged.
        public var gapByteCountMax = 64 << 10
        /// A merged read has at most this many bytes. A single longer range is a read of its own.
        public var readByteCountMax = 8 << 20
        /// All reads together fetch at most twice the bytes wanted plus this.
        public var wasteByteCountMax = 1 << 20

        /// The defaults.
        public init() {}
    }

    /// One read and the ranges it serves.
    public struct Read: Sendable, Equatable {
        /// What to fetch.
        public var range: Range<Int>
        /// Positions in the input of the ranges inside, in ascending order of their start.
        public var members: [Int]
    }

    /// The reads in ascending order.
    public private(set) var reads: [Read] = []

    /// Plans the reads for `ranges`. Empty ranges need no read and are in none.
    public init(_ ranges: [Range<Int>], limits: Limits = Limits()) {
        let order = ranges.indices.filter { !ranges[$0].isEmpty }.sorted {
            (ranges[$0].lowerBound, ranges[$0].upperBound, $0) < (ranges[$1].lowerBound, ranges[$1].upperBound, $1)
        }
        let gapMax = RangePlan.largestAffordableGap(ranges, order, limits)
        for member in order {
            let range = ranges[member]
            if let last = reads.last, range.lowerBound - last.range.upperBound <= gapMax {
                let end = max(last.range.upperBound, range.upperBound)
                if range.upperBound <= last.range.upperBound
                    || end - last.range.lowerBound <= limits.readByteCountMax
                {
                    reads[reads.count - 1].range = last.range.lowerBound..<end
                    reads[reads.count - 1].members.append(member)
                    continue
                }
            }
            reads.append(Read(range: range, members: [member]))
        }
    }

    /// The largest gap that may be read over so that all gaps up to it fit the waste that is allowed: small gaps first,
    /// as each saves a request for the fewest bytes.
    private static func largestAffordableGap(_ ranges: [Range<Int>], _ order: [Int], _ limits: Limits) -> Int {
        var gaps: [Int] = []
        var wanted = 0
        var end = 0
        for (place, member) in order.enumerated() {
            let range = ranges[member]
            if place > 0, range.lowerBound > end { gaps.append(range.lowerBound - end) }
            wanted += max(0, range.upperBound - max(end, range.lowerBound))
            end = max(end, range.upperBound)
        }
        var budget = wanted + limits.wasteByteCountMax
        var affordable = 0
        for gap in gaps.filter({ $0 <= limits.gapByteCountMax }).sorted() {
            budget -= gap
            // Equal gaps stand or fall together, or the result would depend on their order.
            if budget < 0 { return gap == affordable ? gap - 1 : affordable }
            affordable = gap
        }
        return limits.gapByteCountMax
    }
}
