/// Where a row of the queue stands.
public enum QueueStatus: String, Sendable, CaseIterable {
    /// It waits for a name.
    case new
    /// It has a name, and waits for a packer.
    case marked
    /// A packer is putting it into a container.
    case claimed
    /// It could not be marked or packed; a dead letter says why.
    case failed
}

/// A step that a row of the queue may take. Statements take their condition and their assignment from here, so that no other
/// step is possible.
struct QueueStep: Sendable, Hashable {
    /// `nil`: it is not in the queue yet.
    let from: QueueStatus?
    /// `nil`: it leaves the queue.
    let to: QueueStatus?

    /// Somebody has a file.
    static let enqueue = QueueStep(from: nil, to: .new)
    /// A row of a host's table was marked there.
    static let adopt = QueueStep(from: nil, to: .marked)
    /// It is given its name.
    static let mark = QueueStep(from: .new, to: .marked)
    /// It cannot be marked, and is tried again later.
    static let postpone = QueueStep(from: .new, to: .new)
    /// It cannot be marked, for good.
    static let refuse = QueueStep(from: .new, to: .failed)
    /// An operator wants it tried again.
    static let retry = QueueStep(from: .failed, to: .new)
    /// An operator gives it up.
    static let drop = QueueStep(from: .failed, to: nil)
    /// A packer takes it.
    static let claim = QueueStep(from: .marked, to: .claimed)
    /// Its packer has lost the lease, or gives it back.
    static let giveBack = QueueStep(from: .claimed, to: .marked)
    /// It cannot be packed, for good.
    static let fail = QueueStep(from: .claimed, to: .failed)
    /// An operator wants it packed after all; it has its name.
    static let repack = QueueStep(from: .failed, to: .marked)
    /// Its container is committed.
    static let commit = QueueStep(from: .claimed, to: nil)

    /// All there are.
    static let all = [enqueue, adopt, mark, postpone, refuse, retry, drop, claim, giveBack, fail, repack, commit]

    /// What a row must be, in SQL. Literal, so that the planner sees which partial index serves.
    var condition: String { from.map { "status = '\($0.rawValue)'" } ?? "true" }
    /// What it becomes, in SQL.
    var assignment: String { to.map { "status = '\($0.rawValue)'" } ?? "" }
    /// The word alone, for INSERT.
    var literal: String { to.map { "'\($0.rawValue)'" } ?? "NULL" }
}
