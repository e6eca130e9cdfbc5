import Testing

@testable import DESCore

@Suite("Range plans")
struct RangePlanTests {
    private static func limits(gap: Int, read: Int, waste: Int) -> RangePlan.Limits {
        var limits = RangePlan.Limits()
        (limits.gapByteCountMax, limits.readByteCountMax, limits.wasteByteCountMax) = (gap, read, waste)
        return limits
    }

    @Test("the defaults are those of the format: 64 KiB of gap, 8 MiB a read, 1 MiB of waste")
    func defaults() {
        let limits = RangePlan.Limits()
        #expect(limits.gapByteCountMax == 65_536)
        #expect(limits.readByteCountMax == 8_388_608)
        #expect(limits.wasteByteCountMax == 1_048_576)
    }

    @Test("no ranges, or only empty ones, need no read")
    func nothing() {
        #expect(RangePlan([]).reads.isEmpty)
        #expect(RangePlan([5..<5, 0..<0, 5..<5]).reads.isEmpty)
    }

    @Test("neighbours up to the gap are one read, those further apart are two")
    func gaps() {
        let near = RangePlan([0..<10, 65_546..<65_550])
        #expect(near.reads == [RangePlan.Read(range: 0..<65_550, members: [0, 1])])
        let far = RangePlan([0..<10, 65_547..<65_550])
        #expect(far.reads.map(\.range) == [0..<10, 65_547..<65_550])
    }

    @Test("a merged read has at most 8 MiB, a longer range is a read of its own")
    func readLimit() {
        let half = 4 << 20
        #expect(RangePlan([0..<half, half..<2 * half]).reads.count == 1)
        #expect(RangePlan([0..<half, half..<2 * half + 1]).reads.count == 2)
        let long = RangePlan([0..<3 * half, 3 * half..<3 * half + 1, 5..<6])
        #expect(long.reads.map(\.range) == [0..<3 * half, 3 * half..<3 * half + 1])
        #expect(long.reads.map(\.members) == [[0, 2], [1]])
    }

    @Test("small gaps are read over before large ones when not all can be afforded")
    func waste() {
        // 4 bytes wanted, 6 allowed in all: the gap of 1 fits, that of 2 makes 7.
        let plan = RangePlan(
            [0..<1, 3..<4, 5..<6, 10..<11], limits: Self.limits(gap: 100, read: 100, waste: -2))
        #expect(plan.reads.map(\.range) == [0..<1, 3..<6, 10..<11])
        // Two gaps of 3, room for one: neither, so that the result does not depend on which comes first.
        let tie = RangePlan([0..<1, 4..<5, 8..<9], limits: Self.limits(gap: 100, read: 100, waste: 0))
        #expect(tie.reads.map(\.range) == [0..<1, 4..<5, 8..<9])
        let room = RangePlan([0..<1, 4..<5, 8..<9], limits: Self.limits(gap: 100, read: 100, waste: 3))
        #expect(room.reads.map(\.range) == [0..<9])
    }

    @Test("any plan serves every range once, in order, within its limits", arguments: 0..<400 as Range<UInt64>)
    func properties(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let space = [40, 1_000, 100_000][Int.random(in: 0..<3, using: &generator)]
        let limits = Self.limits(
            gap: .random(in: 0...space / 10, using: &generator), read: .random(in: 1...space, using: &generator),
            waste: .random(in: 0...space / 4, using: &generator))
        let overlaps = Bool.random(using: &generator)
        var ranges: [Range<Int>] = []
        var end = 0
        for _ in 0..<Int.random(in: 0..<40, using: &generator) {
            let start =
                overlaps ? .random(in: 0..<space, using: &generator) : end + .random(in: 0...20, using: &generator)
            end = start + .random(in: 0...max(1, space / 20), using: &generator)
            ranges.append(start..<end)
            if Int.random(in: 0..<8, using: &generator) == 0, overlaps { ranges.append(start..<end) }
        }
        ranges.shuffle(using: &generator)
        let reads = RangePlan(ranges, limits: limits).reads
        expectServed(ranges, by: reads)
        expectWithin(limits, ranges, reads)
        if !overlaps { #expect(reads == NaivePlan(ranges, limits).reads) }
    }

    /// Coverage and order.
    private func expectServed(_ ranges: [Range<Int>], by reads: [RangePlan.Read]) {
        let served = reads.flatMap(\.members)
        #expect(served.sorted() == ranges.indices.filter { !ranges[$0].isEmpty })
        for read in reads {
            #expect(read.range.lowerBound == read.members.map { ranges[$0].lowerBound }.min())
            #expect(read.range.upperBound == read.members.map { ranges[$0].upperBound }.max())
            #expect(read.members.allSatisfy { read.range.covers(ranges[$0]) })
            let starts = read.members.map { ranges[$0].lowerBound }
            #expect(starts == starts.sorted())
        }
        for (a, b) in zip(reads, reads.dropFirst()) {
            #expect(a.range.lowerBound <= b.range.lowerBound)
            #expect(a.range.upperBound < b.range.upperBound)
        }
    }

    private func expectWithin(_ limits: RangePlan.Limits, _ ranges: [Range<Int>], _ reads: [RangePlan.Read]) {
        for read in reads {
            let isSingle = read.members.contains { ranges[$0] == read.range }
            #expect(isSingle || read.range.count <= limits.readByteCountMax)
            var end = read.range.lowerBound
            for member in read.members {
                #expect(ranges[member].lowerBound - end <= limits.gapByteCountMax)
                end = max(end, ranges[member].upperBound)
            }
        }
        let wanted = ranges.reduce(0) { $0 + $1.count }
        #expect(reads.reduce(0) { $0 + $1.range.count } <= 2 * wanted + limits.wasteByteCountMax)
    }
}

/// What a plan for ranges that do not overlap must be, said slowly: the largest gap that may be read over is the
/// largest one for which all gaps up to it fit; then neighbours are merged while the read stays short enough.
private struct NaivePlan {
    var reads: [RangePlan.Read] = []

    init(_ ranges: [Range<Int>], _ limits: RangePlan.Limits) {
        let order = ranges.indices.filter { !ranges[$0].isEmpty }.sorted {
            ranges[$0].lowerBound < ranges[$1].lowerBound
        }
        let gaps = zip(order, order.dropFirst()).map { ranges[$1].lowerBound - ranges[$0].upperBound }
        let budget = ranges.reduce(0) { $0 + $1.count } + limits.wasteByteCountMax
        let gapMax = (0...limits.gapByteCountMax).last { gap in
            gaps.filter { $0 <= gap }.reduce(0, +) <= budget
        }
        for member in order {
            let range = ranges[member]
            if let last = reads.last, let gapMax, range.lowerBound - last.range.upperBound <= gapMax,
                range.upperBound - last.range.lowerBound <= limits.readByteCountMax
            {
                reads[reads.count - 1].range = last.range.lowerBound..<range.upperBound
                reads[reads.count - 1].members.append(member)
            } else {
                reads.append(RangePlan.Read(range: range, members: [member]))
            }
        }
    }
}
