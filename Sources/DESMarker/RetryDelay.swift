internal import DESCatalog

/// How long to leave the database alone after an error: longer each time, with chance in it, so that workers that failed
/// together do not come back together.
struct RetryDelay: Sendable {
    /// Of the growth.
    let base: Double
    private(set) var failureCount = 0

    /// The first wait is about this long.
    static let secondsFirst = 0.1
    /// No wait is longer.
    static let secondsMax = 60.0
    /// What somebody has to mend is not worth asking for more often than this.
    static let secondsOfSetup = 5.0

    init(base: Double) { self.base = max(1.1, base) }

    /// It went well.
    mutating func reset() { failureCount = 0 }

    /// How long to wait now: between half and all of it.
    /// - Parameter chance: in thousandths.
    mutating func next(after kind: DatabaseError.Kind?, chance: Int) -> Duration {
        var seconds = RetryDelay.secondsFirst
        for _ in 0..<failureCount where seconds < RetryDelay.secondsMax { seconds *= base }
        failureCount += 1
        if kind == .setup { seconds = max(seconds, RetryDelay.secondsOfSetup) }
        return .milliseconds(Int(min(seconds, RetryDelay.secondsMax) * Double(500 + chance / 2)))
    }
}
