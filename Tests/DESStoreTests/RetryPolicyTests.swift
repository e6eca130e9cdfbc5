import DESStore
import TestServers
import Testing

@Suite("When a request is repeated")
struct RetryPolicyTests {
    private func delays(
        _ policy: RetryPolicy, afterAttempts count: Int, elapsed: Duration = .zero, retryAfter: Duration? = nil
    ) -> [Duration?] {
        var generator = SeededGenerator(seed: 3)
        return (0..<1_000).map { _ in
            policy.delay(afterAttempts: count, elapsed: elapsed, retryAfter: retryAfter, using: &generator)
        }
    }

    @Test(
        "the wait is anything up to a bound that doubles up to the longest",
        arguments: [(1, 100), (2, 200), (3, 400), (4, 500), (70, 500)])
    func fullJitter(count: Int, bound: Int) {
        let policy = RetryPolicy(
            attemptCountMax: 99, baseDelay: .milliseconds(100), delayMax: .milliseconds(500), deadline: .seconds(1))
        let delays = delays(policy, afterAttempts: count).compactMap { $0 }
        #expect(delays.count == 1_000)
        let bound = Duration.milliseconds(bound)
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= bound })
        // From near nothing to near the bound, and half of it in the middle: not the bound with a little noise.
        #expect((delays.min() ?? bound) < bound * 0.02 && (delays.max() ?? .zero) > bound * 0.98)
        let mean = delays.reduce(.zero, +) / delays.count
        #expect(mean > bound * 0.45 && mean < bound * 0.55)
    }

    @Test("what the store asks for is kept, above the longest wait too")
    func retryAfter() {
        let policy = RetryPolicy(delayMax: .seconds(1), deadline: .seconds(60))
        #expect(delays(policy, afterAttempts: 1, retryAfter: .seconds(30)).allSatisfy { $0 == .seconds(30) })
        #expect(delays(policy, afterAttempts: 1, retryAfter: .seconds(61)).allSatisfy { $0 == nil })
    }

    @Test("it ends with the attempts, and when the next would begin behind the deadline")
    func end() {
        let policy = RetryPolicy(attemptCountMax: 3, baseDelay: .seconds(1), deadline: .seconds(60))
        #expect(delays(policy, afterAttempts: 2).allSatisfy { $0 != nil })
        #expect(delays(policy, afterAttempts: 3).allSatisfy { $0 == nil })
        #expect(delays(policy, afterAttempts: 1, elapsed: .seconds(61)).allSatisfy { $0 == nil })
        #expect(delays(policy, afterAttempts: 1, elapsed: .seconds(59)).allSatisfy { $0 != nil })
        let near = delays(policy, afterAttempts: 1, elapsed: .milliseconds(59_500))
        #expect(near.contains(nil) && near.contains { $0 != nil })
    }
}
