import Testing

@testable import DESCache

@Suite("Leaving a failing server alone")
struct CircuitBreakerTests {
    private let start = ContinuousClock.now
    private var breaker = CircuitBreaker(failureCountMax: 3, pauseMin: .seconds(1), pauseMax: .seconds(5))

    private func time(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private mutating func run(_ outcome: CircuitBreaker.Outcome, at seconds: Double) -> CircuitBreaker.Permit? {
        let permit = breaker.permit(at: time(seconds))
        if let permit { breaker.end(permit, outcome, at: time(seconds)) }
        return permit
    }

    @Test("only failures in a row count")
    mutating func row() {
        for outcome in [.failure, .failure, .success, .failure, .unknown, .failure] as [CircuitBreaker.Outcome] {
            #expect(run(outcome, at: 0) == .usual)
        }
        #expect(run(.failure, at: 0) == .usual)
        #expect(breaker.permit(at: time(0)) == nil)
    }

    @Test("pauses double up to the longest, and begin anew after a success")
    mutating func pauses() {
        for _ in 0..<3 { _ = run(.failure, at: 0) }
        var end = 1.0
        for next in [2.0, 4, 5, 5] {
            #expect(breaker.permit(at: time(end - 0.001)) == nil)
            #expect(run(.failure, at: end) == .trial)
            end += next
        }
        #expect(run(.success, at: end) == .trial)
        for _ in 0..<3 { #expect(run(.failure, at: end) == .usual) }
        #expect(breaker.permit(at: time(end + 0.999)) == nil)
        #expect(breaker.permit(at: time(end + 1)) == .trial)
    }

    @Test("one operation at a time tries; one that nobody waited for leaves the trial to the next")
    mutating func trial() {
        for _ in 0..<3 { _ = run(.failure, at: 0) }
        #expect(breaker.permit(at: time(1)) == .trial)
        #expect(breaker.permit(at: time(100)) == nil)
        breaker.end(.trial, .unknown, at: time(100))
        #expect(breaker.permit(at: time(100)) == .trial)
    }

    @Test("operations that began before neither lengthen the pause nor end it")
    mutating func late() {
        for _ in 0..<3 { _ = run(.failure, at: 0) }
        breaker.end(.usual, .failure, at: time(0.5))
        breaker.end(.usual, .success, at: time(0.5))
        #expect(breaker.permit(at: time(0.9)) == nil)
        #expect(breaker.permit(at: time(1)) == .trial)
        breaker.end(.usual, .success, at: time(1))
        #expect(breaker.permit(at: time(1)) == nil)
    }
}
