import DESCore
import TestServers
import Testing

@testable import DESPacker

/// Memory that many share.
@Suite struct ByteBudgetTests {
    /// Would fail if more were given than there is, a share were lost, or somebody waited for ever.
    @Test func neverMoreIsGivenThanThereIs() async throws {
        let budget = ByteBudget(byteCount: 100)
        let held = Monitor((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 as Range<UInt64> {
                group.addTask {
                    var generator = SeededGenerator(seed: task)
                    for _ in 0..<200 {
                        // Also nothing at all, and more than there is.
                        let wanted = Int.random(in: 0...150, using: &generator)
                        let share = budget.share(wanted)
                        #expect(share.byteCount == min(wanted, 100))
                        try await share.wait()
                        let now = held.withLock { held in
                            held = (held.now + share.byteCount, max(held.most, held.now + share.byteCount))
                            return held.now
                        }
                        #expect(now <= 100)
                        await Task.yield()
                        held.withLock { $0.now -= share.byteCount }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(budget.usedByteCount == 0)
        #expect(held.withLock { $0.most } > 50, "they were there at the same time")
    }

    /// Would fail if small shares went past a large one that waits: it would wait for ever.
    @Test func whoComesFirstIsServedFirst() async throws {
        let budget = ByteBudget(byteCount: 100)
        var first: ByteBudget.Share? = budget.share(60)
        try await first?.wait()
        var shares = [100, 10, 90, 0, 50].map { budget.share($0) }
        #expect(budget.waitingCount == 5 && budget.usedByteCount == 60)
        first = nil
        // The next, and nobody behind it.
        #expect(budget.waitingCount == 4 && budget.usedByteCount == 100)
        try await shares.removeFirst().wait()
        #expect(budget.waitingCount == 1 && budget.usedByteCount == 100)
        try await shares[1].wait()
        shares = []
        #expect(budget.usedByteCount == 0 && budget.waitingCount == 0)
    }

    /// Two that hold some and want more wait for each other only if somebody stands in the wrong place of the line.
    @Test func nobodyWaitsForWhoWaitsForHim() async throws {
        let budget = ByteBudget(byteCount: 64)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var left = 200
                    try await inOrder(width: 3) { () -> ByteBudget.Share? in
                        left -= 1
                        return left >= 0 ? budget.share(left % 7 == 0 ? 80 : 24) : nil
                    } produce: { share in
                        try await share.wait()
                        await Task.yield()
                        return share
                    } consume: { _ in
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(budget.usedByteCount == 0)
    }

    /// Would fail if who is cancelled kept his place, or what he was given.
    @Test func whoIsCancelledLeavesTheLine() async throws {
        let budget = ByteBudget(byteCount: 10)
        var held: ByteBudget.Share? = budget.share(10)
        try await held?.wait()
        let task = Task { try await budget.share(5).wait() }
        while budget.waitingCount == 0 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(budget.waitingCount == 0)
        held = nil
        #expect(budget.usedByteCount == 0)
    }
}
