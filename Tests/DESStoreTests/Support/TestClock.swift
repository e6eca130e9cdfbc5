import Synchronization

/// A clock that stands still but for sleeps, which end at once and are recorded.
final class TestClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset = Duration.zero

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (first: Instant, second: Instant) -> Bool { first.offset < second.offset }
    }

    private let state = Mutex((now: Instant(), sleeps: [Duration]()))

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }
    /// Every wait so far.
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.sleeps.append(state.now.duration(to: deadline))
            state.now = max(state.now, deadline)
        }
    }

    /// Lets time go by.
    func advance(by duration: Duration) { state.withLock { $0.now = $0.now.advanced(by: duration) } }
}

/// A gate that holds those who come until it is opened, and says when somebody has come.
final class Gate: Sendable {
    private let opened = AsyncStream<Never>.makeStream()
    private let reached = AsyncStream<Never>.makeStream()

    /// Waits until the gate is open; ends at once when the task is cancelled.
    func pass() async throws {
        reached.continuation.finish()
        for await _ in opened.stream {}
        try Task.checkCancellation()
    }

    /// Waits until somebody is at the gate.
    func someone() async { for await _ in reached.stream {} }

    func open() { opened.continuation.finish() }
}
