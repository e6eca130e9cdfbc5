internal import DESCatalog
internal import DESCore

/// Why rows become a container now.
enum SealReason: String, Sendable, CaseIterable {
    /// There are enough bytes for one.
    case bytes
    /// There are enough rows for one.
    case count
    /// The first of them has waited for long.
    case age
    /// No more have come for a while.
    case idle
    /// Their day is over: hardly any more will come.
    case day
    /// A large body has one of its own.
    case large
    /// All that waits is packed, and then there is an end.
    case flush
    /// The process ends: what it has so far is sealed.
    case shutdown
}

/// When rows that wait become a container. Until then they are not claimed, so nobody has to hold anything for them.
struct SealPolicy: Sendable, Hashable {
    /// Bytes of bodies in a container, but for a single one.
    var byteCountMax = 256 << 20
    /// Entries of a container.
    var countMax = 50_000
    /// How long a row waits.
    var ageMax: Duration = .seconds(600)
    /// How long after the last row nobody waits for the next.
    var idleMax: Duration = .seconds(60)
    /// Bodies of this size and more have a container of their own.
    var largeByteCountMin = 16 << 20
    /// Whatever waits is due.
    var isFlushing = false

    /// Why the rows, those of large bodies aside, are due; `nil` if they are not.
    func reason(_ waiting: PackSurvey.Waiting, today: CalendarDay) -> SealReason? {
        guard waiting.count > waiting.largeCount else { return nil }
        if waiting.byteCount >= byteCountMax { return .bytes }
        if waiting.count >= countMax { return .count }
        if waiting.place.day < today { return .day }
        if waiting.oldestAge >= ageMax { return .age }
        if waiting.newestAge >= idleMax { return .idle }
        return isFlushing ? .flush : nil
    }

    /// What is due, in the order in which it is packed.
    func jobs(_ survey: PackSurvey) -> [PackJob] {
        var jobs: [PackJob] = []
        for waiting in survey.waiting {
            if let reason = reason(waiting, today: survey.today) {
                jobs.append(PackJob(place: waiting.place, reason: reason, time: max(survey.time, waiting.newestTime)))
            }
            if waiting.largeCount > 0 {
                jobs.append(PackJob(place: waiting.place, reason: .large, time: max(survey.time, waiting.newestTime)))
            }
        }
        return jobs
    }
}

/// A container's worth of rows that are due.
struct PackJob: Sendable, Hashable {
    var place: PackPlace
    var reason: SealReason
    /// When its rows were seen by the database, or the last of them was named, in milliseconds since 1970 (UTC).
    var time = 0
}
