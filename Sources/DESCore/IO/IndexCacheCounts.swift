/// What a cache did so far. Every look-up is a hit or a miss; the rest says why, or what else happened.
public struct IndexCacheCounts: Sendable, Hashable {
    /// Look-ups that were answered.
    public var hits = 0
    /// Look-ups that were not, for whatever reason.
    public var misses = 0
    /// Items that were kept.
    public var stores = 0
    /// Items that went because room was needed for others.
    public var evictions = 0
    /// Operations that failed, and values that were not what was stored; time-outs are not among them.
    public var failures = 0
    /// Operations that had no answer in time.
    public var timeOuts = 0
    /// Operations that were not tried, because those before them had failed.
    public var bypasses = 0

    /// Nothing happened yet.
    public init() {}
}
