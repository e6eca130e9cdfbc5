internal import DESCatalog

/// One container, from its claim to its commit: decides what is done next, and does nothing itself.
///
///     claim ─► write ─► upload ─► announce ─► commit ─► committed
///                                    └──── ask ────┘               when it is not known whether a step was done
///
/// What fails before the commit is abandoned: the rows can be claimed again, and an object that may be there is nobody's.
/// Who has lost the lease does nothing more, as whoever has it now has taken the rows back.
struct PackAttempt: Sendable {
    /// What to do.
    enum Step: Sendable, Hashable, CaseIterable {
        /// Claim rows.
        case claim
        /// Fetch their bodies, write them into a spool, and seal it.
        case write
        /// Make the object of the spool.
        case upload
        /// Tell the catalog that the object is there.
        case announce
        /// The one transaction.
        case commit
        /// Ask the catalog where the container stands.
        case ask
        /// Give the rows back.
        case abandon
    }

    /// What came of it.
    enum Answer: Sendable, Hashable {
        /// So many rows were claimed.
        case claimed(Int)
        /// The container is sealed, with so many entries.
        case written(Int)
        /// It was done.
        case done
        /// Where the container stands.
        case state(ContainerState?)
        /// It was not done, or that is not known.
        case failed(Fault)
    }

    /// Why a step was not done.
    enum Fault: Sendable, Hashable {
        /// Somebody else has the shard.
        case leaseLost
        /// Nobody knows whether it was done.
        case unknown
        /// It was not done.
        case refused
    }

    /// How it came out.
    enum Ending: String, Sendable, Hashable, CaseIterable {
        /// Nothing was claimed.
        case nothing
        /// The rows are files.
        case committed
        /// The rows wait again.
        case abandoned
        /// It is not ours to say: whoever has the shard next takes the rows back, unless they are files.
        case lost
    }

    /// Where it stands.
    enum Position: Sendable, Hashable {
        case next(Step)
        case over(Ending)
    }

    /// What to do, or how it came out.
    private(set) var position = Position.next(.claim)
    /// Answers that brought it no further, since one did: the next is waited for longer.
    private(set) var failureCount = 0
    /// A commit may have been done although nobody said so.
    private(set) var mayBeCommitted = false
    private(set) var isLeaseLost = false

    /// Takes the answer to the step it stands at.
    mutating func take(_ answer: Answer) {
        guard case .next(let step) = position else { return }
        let following = following(step, answer)
        switch answer {
        // What is asked after a failure brings nothing further: it may well fail again.
        case .state: break
        case .failed(.unknown): failureCount += 1
        default: failureCount = following == position ? failureCount + 1 : 0
        }
        position = following
    }

    private mutating func following(_ step: Step, _ answer: Answer) -> Position {
        switch (step, answer) {
        case (.claim, .claimed(0)): .over(.nothing)
        case (.claim, .claimed): .next(.write)
        // There was something to claim, and there still is.
        case (.claim, .failed(.refused)): .over(.abandoned)
        // If there is such a container, it is given up.
        case (.claim, .failed(.unknown)): .next(.abandon)
        case (.write, .written(0)): .next(.abandon)
        case (.write, .written): .next(.upload)
        case (.upload, .done): .next(.announce)
        case (.announce, .done): .next(.commit)
        case (.commit, .done): .over(.committed)
        case (.announce, .failed(.unknown)): .next(.ask)
        case (.commit, .failed(let fault)): afterCommit(fault)
        case (.ask, .state(let state)): afterAsking(state)
        case (.ask, .failed): .next(.ask)
        case (.abandon, .done): .over(.abandoned)
        case (.abandon, .failed(.refused)): .over(mayBeCommitted ? .lost : .abandoned)
        case (.abandon, .failed(.unknown)): .next(.abandon)
        case (_, .failed(.leaseLost)): .over(.lost)
        default: .next(.abandon)
        }
    }

    /// A commit that fails so often will fail again: smaller ones may not.
    private static let failureCountMax = 16

    private mutating func afterCommit(_ fault: Fault) -> Position {
        switch fault {
        case .unknown:
            mayBeCommitted = true
            return .next(.ask)
        // The lease may have been lost, or the container be committed by what went before.
        case .leaseLost:
            isLeaseLost = true
            return mayBeCommitted ? .next(.ask) : .over(.lost)
        case .refused: return .next(.abandon)
        }
    }

    private func afterAsking(_ state: ContainerState?) -> Position {
        switch state {
        case .committed: .over(.committed)
        // Giving it up waits for the lease as a commit does: if that was done meanwhile, it is refused.
        case .uploaded where !isLeaseLost: .next(failureCount < PackAttempt.failureCountMax ? .commit : .abandon)
        case .writing where !isLeaseLost: .next(.announce)
        case .uploaded, .writing, .abandoned, nil: .over(.lost)
        }
    }
}
