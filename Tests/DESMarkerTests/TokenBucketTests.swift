import Testing

@testable import DESMarker

/// So many per second, whatever the batches: against a sum over the time that has passed.
@Suite struct TokenBucketTests {
    @Test(arguments: [(10.0, 1), (50, 100), (1_000, 10_000), (0.5, 7), (3, 1_000)])
    func neverMoreThanItAllows(rate: Double, batch: Int) {
        var now = ContinuousClock.now
        let start = now
        var bucket = TokenBucket(rate: rate, now: now)
        var done = 0
        for _ in 0..<500 {
            switch bucket.available(batch, now: now) {
            case .success(let count):
                #expect(count >= 1 && count <= batch)
                bucket.take(count, now: now)
                done += count
            case .failure(let wait):
                #expect(wait.time > .zero)
                now += wait.time
            }
            let allowed = rate * ((now - start) / .seconds(1)) + max(1, rate * 2)
            #expect(Double(done) <= allowed + 0.001)
        }
        // And hardly less.
        #expect(Double(done) >= rate * ((now - start) / .seconds(1)) - max(1, rate) - 1)
    }

    @Test func whatWasNotUsedIsSavedForTwoSeconds() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: 100, now: start)
        bucket.take(200, now: start)
        #expect((try? bucket.available(1_000, now: start + .seconds(60)).get()) == 200)
    }
}
