/// When a failed request is repeated: exponential back-off with full jitter, within a deadline.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all, the first one included.
    public var attemptCountMax: Int
    /// The longest wait before the first repeat; it doubles with each one.
    public var baseDelay: Duration
    /// The longest wait there is, unless the store asks for more.
    public var delayMax: Duration
    /// No attempt begins later than this after the first.
    public var deadline: Duration

    /// A policy; the default waits about half a minute for a store that is down.
    public init(
        attemptCountMax: Int = 12, baseDelay: Duration = .milliseconds(100), delayMax: Duration = .seconds(10),
        deadline: Duration = .seconds(60)
    ) {
        (self.attemptCountMax, self.baseDelay) = (attemptCountMax, baseDelay)
        (self.delayMax, self.deadline) = (delayMax, deadline)
    }

    /// How long to wait before the next attempt; `nil` to give up.
    /// - Parameters:
    ///   - attemptCount: attempts that have failed, at least one.
    ///   - elapsed: time since the first attempt began.
    ///   - retryAfter: what the store asked for; it is never repeated earlier.
    public func delay(
        afterAttempts attemptCount: Int, elapsed: Duration, retryAfter: Duration?,
        using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard attemptCount < attemptCountMax else { return nil }
        // 2^30 times any sensible delay is far above any sensible maximum.
        let ceiling = max(.zero, min(delayMax, baseDelay * (1 << min(max(0, attemptCount - 1), 30))))
        let jitter = ceiling * Double.random(in: 0...1, using: &generator)
        let delay = max(jitter, retryAfter ?? .zero)
        return elapsed + delay <= deadline ? delay : nil
    }
}
