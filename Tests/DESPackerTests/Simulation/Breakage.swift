/// A rule of the protocol that is broken on purpose, to show that the checker notices.
struct Breakage: OptionSet, Hashable, CustomStringConvertible {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    private init(_ bit: UInt32) { rawValue = 1 << bit }

    // The catalog
    /// A commit does not ask whose the shard is.
    static let commitIgnoresEpoch = Breakage(0)
    /// A commit does not ask whether the container is uploaded.
    static let commitIgnoresState = Breakage(1)
    /// A commit takes fewer rows than the container has.
    static let commitIgnoresRows = Breakage(2)
    /// No transaction asks whose the shard is.
    static let anyEpochWillDo = Breakage(3)
    /// Who takes a shard over leaves what its earlier holder had claimed.
    static let takeoverKeepsClaims = Breakage(4)
    /// A container can be given up after its commit.
    static let abandonsCommitted = Breakage(5)
    /// Rows that are claimed can be claimed.
    static let claimTakesClaimed = Breakage(6)
    /// An epoch is given to two holders.
    static let epochRepeats = Breakage(7)
    /// A container that is given up keeps its rows.
    static let abandonKeepsRows = Breakage(8)

    // The store
    /// A put replaces what is there.
    static let putReplaces = Breakage(9)

    // The packer
    /// All attempts of a day and shard have one key.
    static let keyIsReused = Breakage(10)
    /// A commit whose answer was lost is taken for one that was not done, and its container given up.
    static let unknownIsFailure = Breakage(11)
    /// The same, but nobody is told.
    static let unknownIsForgotten = Breakage(20)
    /// The object is not made before the commit.
    static let skipsUpload = Breakage(12)
    /// A row that could not be fetched is nowhere in the commit.
    static let forgetsRows = Breakage(13)
    /// The day of a container is that of the packer's clock.
    static let dayIsToday = Breakage(14)
    /// The time of a container is that of the packer's clock.
    static let timeIsTheHosts = Breakage(15)

    // Others
    /// The doctor deletes what he has not given up, and does not ask whether it is readable elsewhere.
    static let doctorDeletesOpen = Breakage(16)
    /// The doctor deletes what was given up without asking whether it is readable elsewhere.
    static let doctorDeletesUnread = Breakage(17)
    /// The marker gives a name to two rows.
    static let nameRepeats = Breakage(18)
    /// A lease is taken over although it has not run out.
    static let leasesNeverLast = Breakage(19)

    static let all: [(Breakage, String)] = [
        (.commitIgnoresEpoch, "commit ignores the epoch"), (.commitIgnoresState, "commit ignores the state"),
        (.commitIgnoresRows, "commit ignores the rows"), (.anyEpochWillDo, "any epoch will do"),
        (.takeoverKeepsClaims, "takeover keeps claims"), (.abandonsCommitted, "abandons what is committed"),
        (.claimTakesClaimed, "claims what is claimed"), (.epochRepeats, "an epoch repeats"),
        (.abandonKeepsRows, "abandoning keeps rows"), (.putReplaces, "a put replaces"),
        (.keyIsReused, "a key is reused"), (.unknownIsFailure, "unknown is taken for failed"),
        (.unknownIsForgotten, "unknown is forgotten"),
        (.skipsUpload, "nothing is uploaded"), (.forgetsRows, "rows are forgotten"), (.dayIsToday, "the day is today"),
        (.timeIsTheHosts, "the time is the host's"), (.doctorDeletesOpen, "the doctor deletes what is open"),
        (.doctorDeletesUnread, "the doctor deletes what is nowhere else"), (.nameRepeats, "a name repeats"),
        (.leasesNeverLast, "leases never last"),
    ]

    var description: String { Breakage.all.filter { contains($0.0) }.map(\.1).joined(separator: ", ") }
}
