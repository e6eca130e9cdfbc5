/// Gives out node ids, each to one holder at a time, and remembers up to when its values may be taken.
public protocol NodeLeases: Sendable {
    /// A node id that nobody else holds; `nil` if all are taken.
    /// - Throws: ``DESError/Code/conflict`` instead of `nil` where there is one id alone, to say who has it.
    func acquire() async throws -> (any NodeLease)?
}

/// A node id that is ours until we give it back, or lose it.
///
/// What is promised to the next holder is the ceiling: it is stored in a safe place before a value below it is taken, so
/// that no crash and no clock that was set back can lead to a value twice.
public protocol NodeLease: Sendable {
    /// The node id.
    var node: UInt8 { get }
    /// In milliseconds since 1970: values before this belong to who held the id before.
    var floor: Int { get }

    /// Stores that values before `ceiling` (milliseconds since 1970) may be taken; when it returns, they may be. Never below
    /// ``floor``, nor below what was stored before.
    /// - Throws: ``DESError/Code/conflict`` if the lease is lost: no value may be taken any more.
    func raise(to ceiling: Int) async throws

    /// Gives the id back: the next floor is `ceiling`, which is not below ``floor``. No value at or after it was taken.
    func release(at ceiling: Int) async throws
}
