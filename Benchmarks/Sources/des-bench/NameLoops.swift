import DESCore
import Glibc
import Synchronization

/// Loops over the generator of names.
enum NameLoops {
    /// A clock that goes on by a millisecond each 200 times it is asked, so that nobody waits.
    private final class Clock: Sendable {
        private let count = Atomic(0)
        let start = 1_767_225_600_000

        var now: Int { start + count.add(1, ordering: .relaxed).newValue / 200 }
        var clock: NameClock { NameClock(wall: { self.now }, steady: { 0 }) }
    }

    /// Prints nanoseconds of a value, of a finished name, of a finished name of a thousand.
    static func times() async throws {
        let generator = NameGenerator(leases: OneLease(), clock: Clock().clock)
        _ = try await generator.next()
        let count = 2_000_000
        var sum: UInt64 = 0
        print(
            try await nanoseconds(count) {
                while true {
                    if let name = generator.nextIfAtHand() { return sum &+= name.value.bits }
                    _ = try await generator.reserve(1)
                }
            })
        var byteCount = 0
        print(
            try await nanoseconds(count) {
                while true {
                    if let name = generator.nextIfAtHand() { return byteCount += name.description.utf8.count }
                    _ = try await generator.reserve(1)
                }
            })
        // The clock stands still for each reservation, which lies in the future but for its beginning: the wait is not
        // part of this figure, so the clock jumps ahead first.
        let jumping = Atomic(Clock().start)
        let batches = NameGenerator(
            leases: OneLease(),
            clock: NameClock(wall: { jumping.load(ordering: .relaxed) }, steady: { 0 }))
        _ = try await batches.next()
        var inside = Duration.zero
        for _ in 0..<2_000 {
            jumping.add(10, ordering: .relaxed)
            let names = try await batches.reserve(250)
            let start = ContinuousClock.now
            names.forEachText { text, _ in byteCount += text.utf8.count }
            inside += .now - start
        }
        print(inside / .nanoseconds(1) / 500_000)
        precondition(sum != 0 && byteCount > 0)
    }

    private static func nanoseconds(_ count: Int, _ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<count { try await body() }
        return (ContinuousClock.now - start) / .nanoseconds(1) / Double(count)
    }

    /// Takes values by the thousand for three seconds with so many node ids of a directory: values in a second, processor
    /// time of a second.
    static func rate(_ nodeCount: Int, _ directory: String) async throws {
        let leases = NodeLeaseDirectory(path: directory, nodes: 0...UInt8(nodeCount - 1))
        let generator = NameGenerator(leases: leases)
        // Until all ids are held: each long wait leases one more.
        for _ in 0..<100 where generator.counts.nodes < nodeCount { _ = try await generator.reserve(50_000) }
        guard generator.counts.nodes == nodeCount else { throw Command.Failure(line: "a node id is held elsewhere") }
        _ = try await generator.reserve(256 * nodeCount)
        let (start, before, cpu) = (ContinuousClock.now, generator.counts.issued, processorTime())
        while .now - start < .seconds(3) { _ = try await generator.reserve(1_000) }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print(Double(generator.counts.issued - before) / seconds)
        print((processorTime() - cpu) / seconds)
        try await generator.stop()
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// A node id that costs nothing.
private struct OneLease: NodeLeases, NodeLease {
    var node: UInt8 { 1 }
    var floor: Int { 0 }

    func acquire() async throws -> (any NodeLease)? { self }
    func raise(to ceiling: Int) async throws {}
    func release(at ceiling: Int) async throws {}
}
