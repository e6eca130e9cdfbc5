internal import DESCatalog

/// How far a marker has come on its way through the rows that wait: a value that decides what the next batch is.
///
/// A cursor runs ahead of everything that was marked, so that what an old snapshot keeps of it is not walked through again.
/// Rows that come in behind it (retries, late commits) are found by the next pass from the start.
struct MarkPass: Sendable {
    /// Rows of a batch.
    let batchSize: Int
    /// Names that no row has.
    private(set) var names = NameBatch()
    /// After which the next batch begins.
    private(set) var cursor: MarkCursor?
    /// There are no more rows for now.
    private(set) var isOver = false
    /// Rows of the next batch.
    private(set) var count: Int
    /// Rows of this pass that were taken and left as they are: somebody changed them at that moment.
    private(set) var missedCount = 0
    /// Rows that were refused alone, one after the other, since the last one was marked.
    private(set) var loneRefusalCount = 0
    /// When the last of the names were made.
    private var namesMoment = ContinuousClock.now
    /// When the last pass from the start began.
    private var start: ContinuousClock.Instant?
    /// There are new rows, perhaps behind the cursor.
    private var isStartWanted = false
    /// How long its first batch took: longer than others, if an old snapshot keeps rows that were marked.
    private var startTime = Duration.zero

    /// A pass from the start may take this part of the time.
    private static let startShare = 20
    /// Names say when they were made, so they are not kept for long.
    private static let namesAgeMax = Duration.seconds(1)
    /// So many rows that are refused one after the other are no accident of theirs.
    private static let loneRefusalCountMax = 1_000
    /// A pass that goes on and on is interrupted this much less often than one that is over begins anew.
    private static let intervalsOfPass = 12

    init(batchSize: Int) { (self.batchSize, count) = (batchSize, batchSize) }

    /// All rows are refused, as it seems: it is the table's fault.
    var isRefusingAll: Bool { loneRefusalCount >= MarkPass.loneRefusalCountMax }

    /// There are more names.
    mutating func add(_ batch: NameBatch, now: ContinuousClock.Instant) {
        namesMoment = now
        names.append(batch)
    }

    /// A batch of at most `limit` rows was marked.
    mutating func marked(_ batch: MarkedBatch, of limit: Int, in time: Duration) {
        if cursor == nil { startTime = time }
        names = names.dropFirst(batch.takenCount)
        if let cursor = batch.cursor { self.cursor = cursor }
        isOver = batch.takenCount < limit
        count = min(batchSize, count * 2)
        let refusedCount = batch.postponedCount + batch.refusedCount
        missedCount += max(0, batch.takenCount - batch.markedCount - refusedCount)
        if batch.markedCount > 0 { loneRefusalCount = 0 }
        if limit == 1, refusedCount == 1 {
            loneRefusalCount += 1
            // The next one is likely to be no better.
            count = 1
        }
    }

    /// One of `count` rows cannot be marked, and none was.
    mutating func halve(_ count: Int) { self.count = max(1, count / 2) }

    /// The names may have been used.
    mutating func lostNames() { names = NameBatch() }

    /// A pass that is not over begins anew now and then: what lies behind its cursor would never be seen if rows come faster
    /// than they are marked. Not among rows that are refused: it would never come past them.
    mutating func goOn(now: ContinuousClock.Instant, interval: Duration) {
        if start == nil || loneRefusalCount == 0 { begin(now: now, interval: interval * MarkPass.intervalsOfPass) }
    }

    /// A pass begins at the start, at most once in an `interval` unless something has woken it: until then what is new lies
    /// behind the cursor.
    mutating func begin(now: ContinuousClock.Instant, interval: Duration, isWoken: Bool = false) {
        isOver = false
        if isWoken { isStartWanted = true }
        if now - namesMoment > MarkPass.namesAgeMax { names = NameBatch() }
        let pause = max(isStartWanted ? .zero : interval, startTime * MarkPass.startShare)
        if let start, now - start < pause { return }
        (cursor, start, missedCount, isStartWanted) = (nil, now, 0, false)
    }

    /// How long to wait for rows: not for the whole interval if there are some that only a pass from the start finds, and that
    /// may not begin yet.
    func patience(now: ContinuousClock.Instant, interval: Duration) -> Duration {
        guard isStartWanted, let start else { return interval }
        return min(interval, max(.milliseconds(1), startTime * MarkPass.startShare - (now - start)))
    }
}
