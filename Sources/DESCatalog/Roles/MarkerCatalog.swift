public import DESCore

/// What a marker needs of a catalog.
public protocol MarkerCatalog: Sendable {
    /// Gives the first waiting rows after `cursor` their names, one each, in one transaction. Rows that somebody else is
    /// working on are left out; those that cannot be marked are put off, or given up when they were tried too often.
    /// - Throws: ``DatabaseError``. Whatever it is, rows may have been marked: no name of `names` may be used for anything
    ///   else.
    func mark(_ names: NameBatch, after cursor: MarkCursor?, _ order: MarkOrder) async throws -> MarkedBatch

    /// Marks the first waiting row after `cursor`, or counts an attempt that failed if its values make that impossible: then
    /// ``mark(_:after:_:)`` of a batch with it throws ``DatabaseError/Kind/row``.
    func markAlone(_ name: NameBatch, after cursor: MarkCursor?, _ order: MarkOrder) async throws -> MarkedBatch

    /// Finds out whether rows can be marked at all.
    /// - Throws: ``DatabaseError/Kind/setup`` if a table, a column or a right is missing, or nothing can be written.
    func checkMarking() async throws

    /// What waits.
    func backlog(_ order: MarkOrder) async throws -> Backlog

    /// Waits until there may be something to mark, but no longer than `limit`. Returns early when the task is cancelled.
    /// - Returns: whether there are new rows.
    func waitForRows(upTo limit: Duration) async throws -> Bool
}

/// Names for a batch, as columns.
public struct NameBatch: Sendable {
    /// The names.
    public private(set) var names: [String] = []
    /// Their shards.
    public private(set) var shards: [Int] = []
    /// Their days, YYYY-MM-DD.
    public private(set) var days: [String] = []

    /// None.
    public init() {}

    /// How many.
    public var count: Int { names.count }

    /// Names of a deployment with `bits`.
    public init(_ reservation: NameReservation, bits: ShardBits) {
        names.reserveCapacity(reservation.count)
        shards.reserveCapacity(reservation.count)
        days.reserveCapacity(reservation.count)
        var last: (day: CalendarDay, text: String)?
        reservation.forEachText { name, day in
            let text = last?.day == day ? last?.text ?? "" : day.description
            last = (day, text)
            append(name, shard: ShardID(of: name, bits: bits).number, day: text)
        }
    }

    /// Those of another batch as well.
    public mutating func append(_ other: NameBatch) {
        names += other.names
        shards += other.shards
        days += other.days
    }

    mutating func append(_ name: String, shard: Int, day: String) {
        names.append(name)
        shards.append(shard)
        days.append(day)
    }

    /// Without the first `count`: what a batch did not use.
    public func dropFirst(_ count: Int) -> NameBatch { part(min(count, self.count)..<self.count) }

    /// The first `count`.
    public func prefix(_ count: Int) -> NameBatch { part(0..<min(count, self.count)) }

    private func part(_ range: Range<Int>) -> NameBatch {
        var part = NameBatch()
        (part.names, part.shards, part.days) = (Array(names[range]), Array(shards[range]), Array(days[range]))
        return part
    }
}

/// How rows are marked.
public struct MarkOrder: Sendable {
    /// Rows younger than this are left alone.
    public var minimumAge: Duration = .seconds(86_400)
    /// How often a row that cannot be marked is tried again.
    public var retriesMax = 3
    /// Seconds before the first of these are this to the power of 0, before the second to the power of 1, and so on; an hour
    /// at most.
    public var backoffBase = 2.0
    /// Rows that are given up become dead letters.
    public var keepsDeadLetters = true

    /// The earlier system's.
    public init() {}
}

/// The last row of a batch, after which the next one begins.
public struct MarkCursor: Sendable, Hashable {
    let time: String
    let id: String
}

/// What became of a batch.
public struct MarkedBatch: Sendable {
    /// Rows that were looked at; fewer than there were names: there are no more for now. So many names are used up.
    public var takenCount = 0
    /// Rows that have a name now.
    public var markedCount = 0
    /// Rows that cannot be marked, and are tried again later.
    public var postponedCount = 0
    /// Rows that were given up.
    public var refusedCount = 0
    /// Where the next batch begins; `nil` if there was no row.
    public var cursor: MarkCursor?

    /// Nothing.
    public init() {}
}

/// What waits to be marked.
public struct Backlog: Sendable, Hashable {
    /// Rows that could be marked now; no more than ``countMax`` are counted.
    public var count: Int
    /// How long the first of them has been there.
    public var oldestAge: Duration

    /// Counting a longer queue would cost more than the answer is worth.
    public static let countMax = 1_000_000
}
