internal import Glibc

/// The clocks that a ``NameGenerator`` asks.
public struct NameClock: Sendable {
    /// Milliseconds since 1970 (UTC). May be set forward and back.
    public var wall: @Sendable () -> Int
    /// Milliseconds since any moment. Only goes forward, at its pace.
    public var steady: @Sendable () -> Int

    /// Clocks of a test.
    public init(wall: @escaping @Sendable () -> Int, steady: @escaping @Sendable () -> Int) {
        (self.wall, self.steady) = (wall, steady)
    }

    /// The clocks of the system.
    public static let system = NameClock(
        wall: { milliseconds(CLOCK_REALTIME) }, steady: { milliseconds(CLOCK_MONOTONIC) })

    private static func milliseconds(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}

extension Timestamp {
    /// The clock of the system.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }
}
