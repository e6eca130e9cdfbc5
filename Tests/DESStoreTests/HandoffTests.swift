import DESCore
import Testing

@testable import DESStore

@Suite("A place for one value between a thread and a task")
struct HandoffTests {
    private struct Failure: Error {}
    private let threads = BlockingPool(threadCount: 1)

    // Many at a time, so that threads are interrupted in the middle of what they do.
    @Test("every value comes, in order, and then the end", arguments: 0..<16)
    func order(number: Int) async throws {
        let handoff = Handoff<Int>()
        async let giving: Void = threads.run {
            for number in 0..<20_000 { try handoff.add(number) }
            handoff.end()
        }
        var expected = 0
        while let number = try await handoff.next(), number == expected { expected += 1 }
        #expect(expected == 20_000)
        handoff.fail(Failure())  // for a thread that waits because a value was lost
        try await giving
    }

    @Test("a failure ends a thread that waits for room, and a task that waits for a value")
    func failure() async throws {
        let full = Handoff<Int>()
        try full.add(1)
        let giving = Task { try await threads.run { try full.add(2) } }
        full.fail(Failure())
        await #expect(throws: Failure.self) { try await giving.value }
        await #expect(throws: Failure.self) { try await full.next() }

        let empty = Handoff<Int>()
        let value = Task { try await empty.next() }
        empty.fail(Failure())
        await #expect(throws: Failure.self) { try await value.value }
    }

    @Test("after the end a failure changes nothing")
    func ended() async throws {
        let handoff = Handoff<Int>()
        try handoff.add(1)
        handoff.end()
        handoff.fail(Failure())
        #expect(try await handoff.next() == 1)
        #expect(try await handoff.next() == nil)
    }
}
