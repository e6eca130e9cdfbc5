import Testing

@testable import DESCore

/// Clocks that a test sets.
final class FakeClock: Sendable {
    private let times: Monitor<(wall: Int, steady: Int)>

    init(wall: Int) { times = Monitor((wall, 0)) }

    var clock: NameClock {
        NameClock(wall: { self.times.withLock { $0.wall } }, steady: { self.times.withLock { $0.steady } })
    }

    /// Time passes.
    func pass(_ milliseconds: Int) { times.withLock { $0 = ($0.wall + milliseconds, $0.steady + milliseconds) } }
    /// The wall clock is set.
    func step(_ milliseconds: Int) { times.withLock { $0.wall += milliseconds } }
    var wall: Int { times.withLock { $0.wall } }
}

/// Clocks that go on by a millisecond when they were asked 1,000 times, so that nobody has to wait. Every now and then the wall
/// clock is set back, and later to the right time again.
final class HurryingClock: Sendable {
    private let asked = Monitor(0)
    private let start: Int

    init(wall: Int) { start = wall }

    private func passed(_ asked: Int) -> Int { asked / 1_000 }

    var clock: NameClock {
        NameClock(
            wall: {
                let passed = self.passed(
                    self.asked.withLock { asked in
                        asked += 1
                        return asked
                    })
                return self.start + passed - (passed / 100 % 2) * 50
            }, steady: { self.passed(self.asked.withLock { $0 }) })
    }
}

/// Which of the values of a span of time were seen: a bit each.
struct SeenValues {
    private var words: [UInt64]
    private let start: UInt64
    private(set) var count = 0

    /// Values from `start` on, of so many milliseconds and of the nodes 0 to 7.
    init(start: Int, milliseconds: Int) {
        self.start = UInt64(UInt32(truncatingIfNeeded: start))
        words = Array(repeating: 0, count: milliseconds * 8 * NameValue.countPerMillisecond / 64)
    }

    /// Notes values; false if one of them was noted before.
    mutating func insert(_ values: [UInt64]) -> Bool {
        var isNew = true
        words.withUnsafeMutableBufferPointer { words in
            for value in values {
                let place = Int(((value >> 16) - start) << 11 | value & 0x7FF)
                let bit = UInt64(1) << UInt64(place & 63)
                isNew = isNew && words[place >> 6] & bit == 0
                words[place >> 6] |= bit
            }
        }
        count += values.count
        return isNew
    }
}

/// Given once, waited for by one.
actor Signal {
    private var isGiven = false
    private var waiting: CheckedContinuation<Void, Never>?

    func give() {
        isGiven = true
        waiting?.resume()
        waiting = nil
    }

    func wait() async {
        if !isGiven { await withCheckedContinuation { waiting = $0 } }
    }
}

/// Node ids of a test, with what was stored for them.
final class FakeLeases: NodeLeases {
    struct State {
        var free: [UInt8]
        var ceilings: [UInt8: Int] = [:]
        var isLost = false
        /// The id that cannot be given back.
        var unreleasable: UInt8?
        /// As if another process had the only id.
        var isHeldElsewhere = false
        var raises = 0
        var attempts = 0
        /// Done before a ceiling is stored.
        var onRaise: (@Sendable () async -> Void)?
    }
    let state: Monitor<State>

    init(_ nodes: [UInt8]) { state = Monitor(State(free: nodes)) }

    func acquire() async throws -> (any NodeLease)? {
        try state.withLock { state in
            state.attempts += 1
            if state.isHeldElsewhere { throw DESError(.conflict, "held by another process") }
            return state.free.isEmpty
                ? nil : Lease(node: state.free[0], floor: state.ceilings[state.free.removeFirst()] ?? 0, all: self)
        }
    }

    struct Lease: NodeLease {
        let node: UInt8
        let floor: Int
        let all: FakeLeases

        func raise(to ceiling: Int) async throws {
            await all.state.withLock { $0.onRaise }?()
            try all.state.withLock { state in
                if state.isLost { throw DESError(.conflict, "lost") }
                if ceiling < max(floor, state.ceilings[node] ?? 0) {
                    Issue.record("a ceiling is lowered to \(ceiling)")
                }
                state.ceilings[node] = ceiling
                state.raises += 1
            }
        }

        func release(at ceiling: Int) async throws {
            try all.state.withLock { state in
                if state.unreleasable == node { throw DESError(.unavailable, "cannot be stored") }
                if ceiling < floor { Issue.record("an id is given back at \(ceiling), below its floor") }
                state.ceilings[node] = ceiling
                state.free.append(node)
            }
        }
    }
}
