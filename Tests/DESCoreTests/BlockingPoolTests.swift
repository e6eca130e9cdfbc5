import Synchronization
import Testing

@testable import DESCore

@Suite("The pool for blocking calls")
struct BlockingPoolTests {
    @Test("values and errors come back to whoever asked")
    func results() async throws {
        let pool = BlockingPool(threadCount: 2)
        #expect(try await pool.run { 6 * 7 } == 42)
        await #expect(throws: DESError(.conflict, "mine")) { try await pool.run { throw DESError(.conflict, "mine") } }
        #expect(try await pool.run { "after an error" } == "after an error")
    }

    @Test("as many jobs as there are threads are at work at one time")
    func concurrency() async throws {
        // Each job ends only when four have begun.
        let pool = BlockingPool(threadCount: 4)
        let arrived = Gate()
        let haveArrived = try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await pool.run { arrived.pass() } } }
            let haveArrived = try await BlockingPool(threadCount: 1).run {
                defer { arrived.open() }
                return arrived.waitForArrivals(4)
            }
            try await group.waitForAll()
            return haveArrived
        }
        #expect(haveArrived)
    }

    @Test("no more jobs than there are threads are at work at one time")
    func bound() async throws {
        let pool = BlockingPool(threadCount: 3)
        let counter = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    try await pool.run {
                        counter.enter()
                        counter.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(counter.most.load(ordering: .sequentiallyConsistent) <= 3)
        #expect(counter.done.load(ordering: .sequentiallyConsistent) == 300)
    }

    @Test("10,000 jobs complete, each once", .timeLimit(.minutes(1)))
    func many() async throws {
        let pool = BlockingPool(threadCount: 4)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<10_000 { group.addTask { try await pool.run { number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 49_995_000)
    }

    @Test("one thread runs jobs in the order in which they came")
    func order() async throws {
        let pool = BlockingPool(threadCount: 1)
        let log = Monitor<[Int]>([])
        for number in 0..<50 { try await pool.run { log.withLock { $0.append(number) } } }
        #expect(log.withLock { $0 } == Array(0..<50))
    }

    @Test("what a finished job held is let go while later jobs still wait")
    func release() async throws {
        let pool = BlockingPool(threadCount: 1)
        let (begin, end) = (Gate(), Gate())
        let released = Flag()
        // An immediate task has put its job into the queue when it is made.
        let first = Task.immediate { try await pool.run { begin.pass() } }
        let holder = Task.immediate {
            let held = Held(released)
            try await pool.run { withExtendedLifetime(held) {} }
        }
        let next = Task.immediate { try await pool.run { end.pass() } }
        let last = Task.immediate { try await pool.run {} }
        begin.open()
        try await holder.value
        #expect(try await BlockingPool(threadCount: 1).run { end.waitForArrivals(1) })
        #expect(released.isSet)
        end.open()
        for task in [first, next, last] { try await task.value }
    }
}

private final class Flag: Sendable {
    private let state = Atomic(false)

    var isSet: Bool { state.load(ordering: .sequentiallyConsistent) }

    func set() { state.store(true, ordering: .sequentiallyConsistent) }
}

private final class Held: Sendable {
    private let released: Flag

    init(_ released: Flag) { self.released = released }

    deinit { released.set() }
}

private final class Counter: Sendable {
    let now = Atomic(0)
    let most = Atomic(0)
    let done = Atomic(0)

    func enter() {
        let count = now.add(1, ordering: .sequentiallyConsistent).newValue
        most.max(count, ordering: .sequentiallyConsistent)
    }

    func leave() {
        now.subtract(1, ordering: .sequentiallyConsistent)
        done.add(1, ordering: .sequentiallyConsistent)
    }
}
