/// Decides whether a server that failed before is asked again: after some failures in a row it is left alone for a
/// while, then one operation tries it, and each time that fails the next while is twice as long.
struct CircuitBreaker: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The right to ask the server, given back with the outcome.
    enum Permit: Sendable { case usual, trial }

    /// How an operation ended. One that nobody waited for says nothing about the server.
    enum Outcome: Sendable { case success, failure, unknown }

    private enum State: Sendable {
        case closed(failureCount: Int)
        case open(end: Instant, pause: Duration)
        case trying(pause: Duration)
    }

    private let failureCountMax: Int
    private let pauseMin: Duration
    private let pauseMax: Duration
    private var state = State.closed(failureCount: 0)

    init(failureCountMax: Int = 5, pauseMin: Duration = .seconds(1), pauseMax: Duration = .seconds(60)) {
        self.failureCountMax = failureCountMax
        self.pauseMin = pauseMin
        self.pauseMax = pauseMax
    }

    /// The right to ask the server at `now`, `nil` if it is to be left alone.
    mutating func permit(at now: Instant) -> Permit? {
        switch state {
        case .closed: return .usual
        case .trying: return nil
        case .open(let end, let pause):
            guard now >= end else { return nil }
            state = .trying(pause: pause)
            return .trial
        }
    }

    /// Takes note of how the operation ended. One that began before the server was given up changes nothing.
    mutating func end(_ permit: Permit, _ outcome: Outcome, at now: Instant) {
        switch (state, permit, outcome) {
        case (.closed, .usual, .success), (.trying, .trial, .success):
            state = .closed(failureCount: 0)
        case (.closed(let count), .usual, .failure):
            let isLast = count + 1 >= failureCountMax
            state = isLast ? .open(end: now + pauseMin, pause: pauseMin) : .closed(failureCount: count + 1)
        case (.trying(let pause), .trial, .failure):
            let longer = min(pause * 2, pauseMax)
            state = .open(end: now + longer, pause: longer)
        case (.trying(let pause), .trial, .unknown):
            state = .open(end: now, pause: pause)
        default:
            break
        }
    }
}
