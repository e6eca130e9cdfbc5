internal import Glibc

/// How long to wait before something is tried again.
enum Backoff {
    /// An hour.
    static let secondsMax = 3_600

    /// After `attempts` that failed before this one.
    static func milliseconds(_ base: Double, _ attempts: Int) -> Int {
        Int(min(pow(base, Double(min(attempts, 64))), Double(secondsMax)) * 1_000)
    }
}
