/// So many things per second, and what was not used of two seconds: a value that decides, and never waits.
struct TokenBucket: Sendable {
    /// Per second.
    let rate: Double
    private var tokens: Double
    /// When `tokens` was right.
    private var moment: ContinuousClock.Instant

    /// Full.
    init(rate: Double, now: ContinuousClock.Instant) {
        (self.rate, moment) = (rate, now)
        tokens = max(1, rate * 2)
    }

    /// The most there can be at a time.
    var capacity: Double { max(1, rate * 2) }

    /// How many may be done now, at most `wanted`; or how long to wait until a good part of them may.
    mutating func available(_ wanted: Int, now: ContinuousClock.Instant) -> Result<Int, Wait> {
        refill(now)
        // Batches of a few rows cost as much as large ones: what is worth a transaction is waited for.
        let worth = min(Double(wanted), capacity, max(1, rate))
        if tokens >= worth { return .success(min(wanted, Int(tokens))) }
        return .failure(Wait(time: .milliseconds(Int(((worth - tokens) / rate * 1_000).rounded(.up)))))
    }

    /// They were done.
    mutating func take(_ count: Int, now: ContinuousClock.Instant) {
        refill(now)
        tokens -= Double(count)
    }

    private mutating func refill(_ now: ContinuousClock.Instant) {
        tokens = min(capacity, tokens + max(0, (now - moment) / .seconds(1)) * rate)
        moment = now
    }

    /// Not yet.
    struct Wait: Error {
        let time: Duration
    }
}
