import DESCore

/// What is to become of a container that is in the store and was never committed.
enum AdoptionDecision: Sendable, Hashable {
    /// All its rows still wait: it is committed after all.
    case adopt
    /// Each of its entries can be read elsewhere: nobody needs it.
    case delete
    /// Neither: it stays, for this reason.
    case keep(String)
    /// That could not be found out.
    case unknown(String)
}

/// The entries of a container, by what the catalog knows of them.
struct EntryTally: Sendable, Hashable {
    private(set) var waitingCount = 0
    private(set) var elsewhereCount = 0
    private(set) var openCount = 0
    /// Of the first that is open.
    private(set) var example: String?

    /// Counts an entry.
    mutating func add(_ name: EntryName, _ fate: EntryFate) {
        switch fate {
        case .waiting: waitingCount += 1
        case .elsewhere: elsewhereCount += 1
        case .open(let reason):
            openCount += 1
            example = example ?? "\(name.quoted): \(reason)"
        }
    }

    /// What follows from that alone, before a byte of a body was read.
    var decision: AdoptionDecision {
        switch (waitingCount, elsewhereCount, openCount) {
        case (0, 0, 0): .keep("it has no entries")
        case (_, 0, 0): .adopt
        case (0, _, 0): .delete
        default:
            .keep(
                "\(waitingCount) of its entries wait to be packed, \(elsewhereCount) are in other containers, \(openCount) are "
                    + "neither" + (example.map { ": \($0)" } ?? ""))
        }
    }
}

extension AdoptionDecision {
    /// The same, once the bodies were read that it rests on: those of the container itself if it is to be adopted, those of the
    /// other copies if it is to be deleted.
    func confirmed(by bodies: Evidence<Void>) -> AdoptionDecision {
        switch (self, bodies) {
        case (.keep, _), (.unknown, _), (_, .sound): self
        case (_, .unknown(let reason)): .unknown(reason)
        case (.adopt, .missing(let reason)), (.adopt, .damaged(let reason)): .keep("it is damaged: \(reason)")
        case (.delete, .missing(let reason)), (.delete, .damaged(let reason)):
            .keep("the other copy cannot be read: \(reason)")
        }
    }
}
