import Glibc
import Testing

@testable import DESCore

@Suite("Work on threads that take turns")
struct AssemblyTests {
    private struct Failure: Error {}
    private let pool = BlockingPool(threadCount: 4)

    @Test("results come in the order of the inputs, at most the width of them in the works", arguments: [1, 2, 4, 9])
    func order(width: Int) async throws {
        let given = Monitor(0)
        let taken = Monitor([Int]())
        try await pool.assemble(width: width) {
            given.withLock { given in
                #expect(given - taken.withLock { $0.count } < width)
                given += 1
                return given <= 2_000 ? given - 1 : nil
            }
        } produce: { number in
            // Later ones may well finish first.
            for _ in 0..<(number * 7 % 5) { sched_yield() }
            return number
        } consume: { number in
            taken.withLock { $0.append(number) }
        }
        #expect(taken.withLock { $0 } == Array(0..<2_000))
    }

    @Test("no input, no result")
    func empty() async throws {
        try await pool.assemble(
            width: 3, next: { nil as Int? }, produce: { $0 }, consume: { _ in Issue.record("a result") })
    }

    @Test("the first error of any part ends the work, and nothing after it is consumed", arguments: [0, 1, 2])
    func failure(part: Int) async throws {
        let given = Monitor(0)
        let taken = Monitor(0)
        await #expect(throws: Failure.self) {
            try await pool.assemble(width: 4) {
                try given.withLock { given in
                    given += 1
                    if part == 0, given == 20 { throw Failure() }
                    return given
                }
            } produce: { number in
                if part == 1, number == 20 { throw Failure() }
                return number
            } consume: { number in
                taken.withLock { taken in
                    #expect(number == taken + 1)
                    taken = number
                }
                if part == 2, number == 20 { throw Failure() }
            }
        }
        #expect(taken.withLock { $0 } <= 20)
        #expect(given.withLock { $0 } <= (part == 0 ? 20 : 24))
    }
}
