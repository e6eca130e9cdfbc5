import Testing

@testable import DESCatalog
@testable import DESMarker

/// How a pass goes on.
@Suite struct MarkPassTests {
    @Test func waitsGrowFallBackAndHaveALimit() {
        var delay = RetryDelay(base: 2)
        let waits = (0..<20).map { _ in delay.next(after: .transient, chance: 1_000) }
        #expect(waits.prefix(4) == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800)])
        #expect(waits.last == .seconds(60))
        delay.reset()
        #expect(delay.next(after: .disconnected, chance: 0) == .milliseconds(50))
        // What somebody has to mend is not asked for ten times a second.
        #expect(delay.next(after: .setup, chance: 0) == .milliseconds(2_500))
    }

    /// New rows may lie behind the cursor: they are looked for as soon as a pass from the start may begin again.
    @Test func aPassThatIsWantedBeginsAsSoonAsItMay() {
        var (pass, batch, now) = (MarkPass(batchSize: 1), MarkedBatch(), ContinuousClock.now)
        (batch.takenCount, batch.cursor) = (1, MarkCursor(time: "", id: "1"))
        pass.begin(now: now, interval: .seconds(3_600))
        pass.marked(batch, of: 2, in: .milliseconds(100))
        #expect(pass.patience(now: now, interval: .seconds(3_600)) == .seconds(3_600))
        now += .seconds(1)
        pass.begin(now: now, interval: .seconds(3_600), isWoken: true)
        #expect(pass.cursor != nil)
        #expect(pass.patience(now: now, interval: .seconds(3_600)) == .seconds(1))
        now += .seconds(1)
        pass.begin(now: now, interval: .seconds(3_600))
        #expect(pass.cursor == nil)
        #expect(pass.patience(now: now, interval: .seconds(3_600)) == .seconds(3_600))
    }

    @Test func namesThatAreOldAreDropped() {
        var (pass, now) = (MarkPass(batchSize: 10), ContinuousClock.now)
        pass.begin(now: now, interval: .seconds(5))
        pass.add(names(3), now: now)
        pass.begin(now: now + .milliseconds(900), interval: .seconds(5))
        #expect(pass.names.count == 3)
        now += .seconds(2)
        pass.begin(now: now, interval: .seconds(5))
        #expect(pass.names.count == 0)
    }

    /// What somebody changed at that moment is taken and not marked: `--once` goes back for it.
    @Test func rowsThatWereMissedAreCounted() {
        var (pass, batch) = (MarkPass(batchSize: 10), MarkedBatch())
        (batch.takenCount, batch.markedCount, batch.postponedCount) = (5, 2, 1)
        pass.marked(batch, of: 10, in: .zero)
        #expect(pass.missedCount == 2)
    }

    @Test func manyRefusalsInARowAreNoAccident() {
        var pass = MarkPass(batchSize: 100)
        var (refused, marked) = (MarkedBatch(), MarkedBatch())
        (refused.takenCount, refused.refusedCount) = (1, 1)
        (marked.takenCount, marked.markedCount) = (1, 1)
        for _ in 0..<999 { pass.marked(refused, of: 1, in: .zero) }
        #expect(!pass.isRefusingAll)
        pass.marked(refused, of: 1, in: .zero)
        #expect(pass.isRefusingAll && pass.count == 1)
        pass.marked(marked, of: 1, in: .zero)
        #expect(!pass.isRefusingAll)
    }

    private func names(_ count: Int) -> NameBatch {
        var batch = NameBatch()
        for number in 0..<count { batch.append("name-\(number)", shard: 0, day: "2026-01-31") }
        return batch
    }

    @Test func aBatchThatFailsIsHalvedDownToOneRowAndGrowsAgain() {
        var pass = MarkPass(batchSize: 1_000)
        var sizes: [Int] = []
        while pass.count > 1 {
            pass.halve(pass.count)
            sizes.append(pass.count)
        }
        #expect(sizes == [500, 250, 125, 62, 31, 15, 7, 3, 1])
        var batch = MarkedBatch()
        batch.takenCount = 1
        pass.marked(batch, of: 1, in: .zero)
        #expect(pass.count == 2 && !pass.isOver)
    }

    /// What comes in behind the cursor is found after an interval, and not in every batch; later, if looking takes long.
    @Test func theCursorGoesBackOnceInAnInterval() {
        var (pass, start) = (MarkPass(batchSize: 1), ContinuousClock.now)
        var batch = MarkedBatch()
        (batch.takenCount, batch.cursor) = (1, MarkCursor(time: "", id: "1"))
        for (time, seconds) in [(Duration.milliseconds(1), 5), (.seconds(1), 20)] {
            pass.begin(now: start, interval: .seconds(5))
            #expect(pass.cursor == nil)
            pass.marked(batch, of: 2, in: time)
            #expect(pass.isOver && pass.cursor != nil)
            pass.begin(now: start + .seconds(seconds) - .milliseconds(1), interval: .seconds(5))
            #expect(pass.cursor != nil && !pass.isOver)
            start += .seconds(seconds)
        }
        pass.begin(now: start, interval: .seconds(5))
        #expect(pass.cursor == nil)
    }
}
