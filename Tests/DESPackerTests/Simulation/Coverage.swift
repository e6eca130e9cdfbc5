/// What has to have happened in a run, so that it shows something.
enum Event: Int, CaseIterable {
    // Faults
    case refused, lost, undone, late, unanswered, putTwice, putReplacedNothing, putAfterItsEnd
    case crash, crashBeforeEffect, freeze, stop, restart, onceOver, lockWait
    case rowMissing, rowChanged, rowOutage, sourceOutage, rowRefused, earlySeal, clockAhead, clockBehind
    // What the protocol says to them
    case takeover, takeoverOfOpen, leaseLost, renewalLost, staleCommit, staleClaim, renewed
    case lateCommit, askedCommitted, askedUploaded, askedWriting, askedAbandoned
    case rowBlamed, repeated, letter, large, foundLarge, waitsAgain
    case doctorGaveUp, doctorDeleted, doctorRefused, commitAfterDoctor, putAfterDelete
    // What may not happen
    case rowsDiffer, askedNone
    // Endings
    case nothing, committed, abandoned, lostLease

    static let never: Set<Event> = [.rowsDiffer, .askedNone]
}

/// How often each has.
struct Coverage {
    private var counts = [Int](repeating: 0, count: Event.allCases.count)

    subscript(event: Event) -> Int { counts[event.rawValue] }

    mutating func count(_ event: Event) { counts[event.rawValue] += 1 }

    mutating func add(_ other: Coverage) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    var missing: [Event] { Event.allCases.filter { self[$0] == 0 && !Event.never.contains($0) } }

    var description: String { Event.allCases.map { "\($0) \(self[$0])" }.joined(separator: ", ") }
}
