public import DESCore

/// A catalog that gives out node ids.
public protocol NodeCatalog: Sendable {
    /// Leases of ids within `nodes`. A lease that is not raised for `timeToLive` may be given to somebody else; what it was
    /// promised is his nevertheless.
    func nodeLeases(_ nodes: ClosedRange<UInt8>, holder: String, timeToLive: Duration) -> any NodeLeases

    /// How far the clock of the database is ahead of this machine's steady clock (``NameClock/system``), in milliseconds:
    /// whatever this machine's wall clock says, and however it is set meanwhile.
    func clockOffset() async throws -> Int
}
