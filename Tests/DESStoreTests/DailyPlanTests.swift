import DESCore
import Testing

@testable import DESStore

@Suite("Which file goes into which container of a day")
struct DailyPlanTests {
    private let day = CalendarDay("2026-03-10")

    /// Files of these sizes, with names as a generator makes them.
    private func files(_ byteCounts: [Int], bits: Int = 4, prefix: String = "DES") throws -> [DailyPlan.File] {
        let day = try #require(day)
        let (prefix, bits) = (try NamePrefix(prefix), try ShardBits(bits))
        return byteCounts.enumerated().map { number, byteCount in
            let value = NameValue(
                milliseconds: day.milliseconds.lowerBound + number / 256, node: 3,
                sequence: UInt8(truncatingIfNeeded: number))
            return DailyPlan.File(
                number: number, name: DESName(prefix: prefix, day: day, value: value), byteCount: byteCount, bits: bits)
        }
    }

    private func plan(
        _ files: [DailyPlan.File], bytes: Int = .max, entries: Int = .max
    ) throws -> [DailyPlan.Container] {
        var limits = DailyPlan.Limits()
        (limits.byteCountMax, limits.entryCountMax) = (bytes, entries)
        return DailyPlan(day: try #require(day), files: files, limits: limits).containers
    }

    @Test("each file is in one container of the shard of its name, in the order of INDEX, shards ascending")
    func shards() throws {
        let files = try files([Int](repeating: 1, count: 5_000)).shuffled()
        let containers = try plan(files)
        #expect(containers.map(\.shard.number) == Array(0..<16))
        #expect(containers.flatMap { $0.files.map(\.number) }.sorted() == Array(0..<5_000))
        for container in containers {
            #expect(container.day == day)
            let bits = try ShardBits(4)
            #expect(container.files.allSatisfy { $0.name.shard(bits: bits) == container.shard })
            let names = container.files.map(\.name.entryName)
            #expect(names.map(\.string) == names.sorted { ($0.key, $0) < ($1.key, $1) }.map(\.string))
        }
    }

    @Test("the same files in any order give the same plan")
    func orderless() throws {
        let files = try files((0..<2_000).map { $0 * 7 % 300 })
        let first = try plan(files, bytes: 3_000).map { Array($0.files) }
        #expect(try plan(files.reversed(), bytes: 3_000).map { Array($0.files) } == first)
    }

    @Test(
        "a container ends before it would be too large in bytes or entries, and not earlier", arguments: [1, 2, 7, 500])
    func rolled(entryCountMax: Int) throws {
        let files = try files((0..<3_000).map { $0 * 31 % 977 })
        for byteCountMax in [1, 976, 977, 5_000, .max] {
            let containers = try plan(files, bytes: byteCountMax, entries: entryCountMax)
            #expect(containers.flatMap { $0.files.map(\.number) }.sorted() == Array(0..<3_000))
            for (container, next) in zip(containers, containers.dropFirst()) {
                let sum = container.files.reduce(0) { $0 + $1.byteCount }
                #expect(container.files.count <= entryCountMax)
                #expect(sum <= byteCountMax || container.files.count == 1)
                guard container.shard == next.shard, let first = next.files.first else { continue }
                #expect(container.files.count == entryCountMax || sum > byteCountMax - first.byteCount)
            }
        }
    }

    @Test("a file larger than a container may be is alone in one; sizes that add up to more than an Int do not trap")
    func large() throws {
        let sizes = [Int](repeating: 10, count: 50) + [5_000, .max] + [Int](repeating: 10, count: 50)
        let containers = try plan(try files(sizes, bits: 1), bytes: 1_000)
        for container in containers where container.files.contains(where: { $0.byteCount > 1_000 }) {
            #expect(container.files.count == 1)
        }
        #expect(containers.reduce(0) { $0 + $1.files.count } == sizes.count)
        _ = try plan(try files([.max, .max, .max], bits: 1))
    }

    @Test("small bodies are written first, each kind in the order of INDEX")
    func writingOrder() throws {
        let small = Limits.smallBodyByteCountMax
        let sizes = (0..<200).map { [0, small - 1, small, 10 * small][$0 % 4] }
        for container in try plan(try files(sizes, bits: 1)) {
            let written = container.filesInWritingOrder
            #expect(Set(written) == Set(container.files))
            let smallCount = container.files.count { $0.byteCount < small }
            #expect(written[..<smallCount].allSatisfy { $0.byteCount < small })
            for part in [written[..<smallCount], written[smallCount...]] {
                let numbers = Set(part.map(\.number))
                #expect(part.map(\.number) == container.files.map(\.number).filter { numbers.contains($0) })
            }
        }
    }

    @Test("nothing gives no container")
    func empty() throws { #expect(try plan([]).isEmpty) }
}
