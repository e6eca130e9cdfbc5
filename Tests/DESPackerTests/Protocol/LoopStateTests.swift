import DESCatalog
import DESCore
import TestServers
import Testing

@testable import DESPacker

/// Which shards are begun, which rest, and when there is an end.
@Suite struct LoopStateTests {
    private let start = ContinuousClock.now

    private func place(_ shard: Int) throws -> PackPlace {
        PackPlace(shard: try #require(ShardID(shard)), day: try #require(CalendarDay("2026-01-31")))
    }

    private func jobs(_ shards: some Sequence<Int>) throws -> [PackJob] {
        try shards.map { PackJob(place: try place($0), reason: .age) }
    }

    private func survey() throws -> PackSurvey { PackSurvey(today: try #require(CalendarDay("2026-01-31"))) }

    /// A state that begins with the first of all places.
    private func state(shardsMax: Int) throws -> LoopState {
        var state = LoopState(shardsMax: shardsMax, start: 0)
        state.window = SurveyWindow(after: nil)
        return state
    }

    /// Would fail if two tasks worked on one shard, more than `shardsMax` worked at a time, or a shard were worked on that
    /// rests.
    @Test func noShardIsWorkedOnTwiceOrWhileItRests() throws {
        var generator = SeededGenerator(seed: 1)
        var state = try state(shardsMax: 3)
        var now = start
        var working: Set<ShardID> = []
        var rests: [ShardID: ContinuousClock.Instant] = [:]
        for _ in 0..<2_000 {
            now += .milliseconds(Int.random(in: 0...900, using: &generator))
            state.willSurvey()
            let due = try jobs((0..<8).filter { _ in Bool.random(using: &generator) })
            for (shard, jobs) in state.start(due, try survey(), now: now) {
                #expect(working.insert(shard).inserted)
                #expect(rests[shard].map { $0 <= now } ?? true)
                #expect(jobs.allSatisfy { $0.place.shard == shard } && !jobs.isEmpty)
            }
            #expect(working.count <= 3)
            guard let shard = working.sorted().randomElement(using: &generator) else { continue }
            working.remove(shard)
            let outcome = [ShardWorker.Outcome.done, .nothing, .failed].randomElement(using: &generator) ?? .done
            _ = state.ended(shard, outcome, now: now, jitter: 0.5)
            // The least that it rests, after the first failure.
            rests[shard] = outcome == .failed ? now + .milliseconds(500) : nil
        }
    }

    /// Would fail if the first shards always came first: those after them would wait for ever where there is always work.
    @Test func eachShardHasItsTurn() throws {
        var state = try state(shardsMax: 2)
        var begun: [Int: Int] = [:]
        var working: [ShardID] = []
        for _ in 0..<40 {
            working += state.start(try jobs(0..<10), try survey(), now: start).map(\.0)
            let shard = working.removeFirst()
            begun[shard.number, default: 0] += 1
            let isWorthIt = state.ended(shard, .done, now: start)
            #expect(isWorthIt)
        }
        #expect(begun == Dictionary(uniqueKeysWithValues: (0..<10).map { ($0, 4) }))
    }

    /// Would fail if a shard that fails were tried at once, did not rest longer each time, or for ever; or if it were not free
    /// again after a success.
    @Test func whatFailsRestsLongerEachTime() throws {
        var state = try state(shardsMax: 1)
        var now = start
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let first = try state.start(jobs([5]), survey(), now: now)
            _ = state.ended(try place(5).shard, .failed, now: now, jitter: 1)
            let tooEarly = try state.start(jobs([5]), survey(), now: now + .seconds(seconds) - .milliseconds(1))
            #expect(first.count == 1 && tooEarly.isEmpty)
            now += .seconds(seconds)
        }
        #expect(state.hasGivenUp)
        _ = try state.start(jobs([5]), survey(), now: now)
        let isWorthIt = state.ended(try place(5).shard, .done, now: now)
        #expect(isWorthIt && !state.hasGivenUp)
        let again = try state.start(jobs([5]), survey(), now: now)
        #expect(again.count == 1)
    }

    /// Would fail if what a dead packer left were not taken back, or not together with the work that is due there.
    @Test func whatWasLeftBehindIsTakenBack() throws {
        var state = try state(shardsMax: 4)
        var survey = try survey()
        survey.abandonedShards = try [1, 2].map { try place($0).shard }
        let begun = try state.start(jobs([2]), survey, now: start)
        #expect(begun.map(\.0.number) == [1, 2] && begun.map(\.1.count) == [0, 1])
    }

    /// Would fail if it were idle before all places were looked at, while something is worked on, or right after.
    @Test func itIsIdleOnceAllPlacesWereLookedAtInVain() throws {
        var state = LoopState(shardsMax: 2, start: 7)
        /// Looks at one window, the last of a pass or not.
        func look(_ due: [PackJob], isLast: Bool) throws -> [ShardID] {
            state.willSurvey()
            var survey = try survey()
            survey.last = isLast ? nil : try place(3)
            state.window.took(.zero, survey)
            return state.start(due, survey, now: start).map(\.0)
        }
        // It began in the middle.
        _ = try look([], isLast: true)
        #expect(!state.isIdle)
        _ = try look([], isLast: false)
        #expect(!state.isIdle)
        _ = try look([], isLast: true)
        #expect(state.isIdle)
        // Something came.
        let came = try look(jobs([1]), isLast: false)
        #expect(came.count == 1 && !state.isIdle)
        _ = try look([], isLast: true)
        #expect(!state.isIdle)
        _ = state.ended(try place(1).shard, .done, now: start)
        #expect(!state.isIdle)
        _ = try look([], isLast: false)
        _ = try look([], isLast: true)
        #expect(state.isIdle)
        // What rests is not idle.
        _ = try look(jobs([1]), isLast: true)
        _ = state.ended(try place(1).shard, .failed, now: start)
        let resting = try look(jobs([1]), isLast: true)
        #expect(resting.isEmpty && !state.isIdle)
    }

    /// Would fail if shards that wait for their turn waited for the next look, too.
    @Test func anEndMakesRoomForWhatWaits() throws {
        var state = try state(shardsMax: 1)
        let begun = try state.start(jobs([1, 2]), survey(), now: start).map(\.0)
        #expect(begun.count == 1)
        let hasRoom = state.ended(begun[0], .nothing, now: start)
        let next = try state.start(jobs([2]), survey(), now: start).map(\.0.number)
        let hasMore = state.ended(try place(2).shard, .nothing, now: start)
        #expect(hasRoom && next == [2] && !hasMore)
    }

    /// Would fail if a lease that runs out were looked for late, without end, or not at all.
    @Test func itLooksAgainWhenALeaseMayHaveRunOut() throws {
        var state = try state(shardsMax: 1)
        var survey = try survey()
        func pause(_ expiry: Duration?) -> Duration {
            survey.nextExpiry = expiry
            return state.pause(survey, interval: .seconds(10))
        }
        #expect(pause(nil) == .seconds(10))
        #expect(pause(.seconds(60)) == .seconds(10))
        #expect(pause(.seconds(3)) == .milliseconds(3_050))
        #expect(pause(.zero) == .milliseconds(250))
        // More places are to be looked at, and somebody has time for them.
        survey.last = try place(9)
        state.window.took(.zero, survey)
        #expect(pause(.seconds(3)) == .zero)
        _ = try state.start(jobs([1]), survey, now: start)
        #expect(pause(.seconds(3)) == .milliseconds(3_050))
    }

    /// Would fail if who works once never gave up on a database that does not answer, or at once.
    @Test func whoWorksOnceGivesUpInTheEnd() throws {
        var state = try state(shardsMax: 1)
        var isOver = [Bool]()
        for _ in 0..<5 { isOver.append(state.failed()) }
        // An answer: it begins anew.
        _ = try state.start([], survey(), now: start)
        for _ in 0..<6 { isOver.append(state.failed()) }
        #expect(isOver == [Bool](repeating: false, count: 10) + [true])
    }

    /// Would fail if manifests were looked for each time.
    @Test func manifestsAreLookedForNowAndThen() throws {
        var state = try state(shardsMax: 1)
        let times = [0, 1, 59, 60, 61, 119, 121].filter {
            state.isSweepDue(now: start + .seconds($0), interval: .seconds(60))
        }
        #expect(times == [0, 60, 121])
    }
}
