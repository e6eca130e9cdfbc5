import DESCatalog
import DESCore
import Testing

@testable import DESPacker

/// A container seems to be as old as it is, on a host whose clock is wrong, too.
@Suite struct ClaimTests {
    /// Would fail if the clock of the host alone decided: a file is looked for, by its name, in containers that were begun
    /// after the name was made.
    @Test func aHostWhoseClockIsBehindDoesNotHideFiles() throws {
        let day = try #require(CalendarDay("2026-01-31"))
        let shard = try #require(ShardID(0))
        let time = day.milliseconds.lowerBound + 50_000
        let job = PackJob(place: PackPlace(shard: shard, day: day), reason: .age, time: time)
        #expect(Claim.milliseconds(job, now: time - 86_400_000) == time)
        #expect(Claim.milliseconds(job, now: time + 1_000) == time + 1_000)
    }

    /// Would fail if the time of the database did not come with what waits.
    @Test func aJobKnowsWhatTimeItWas() throws {
        let day = try #require(CalendarDay("2026-01-31"))
        var survey = PackSurvey(today: day)
        survey.time = 77
        survey.waiting = [
            PackSurvey.Waiting(
                place: PackPlace(shard: try #require(ShardID(1)), day: day), count: 2, byteCount: 1 << 40,
                largeCount: 1,
                oldestAge: .zero, newestAge: .zero)
        ]
        #expect(SealPolicy().jobs(survey).map(\.time) == [77, 77])
    }
}
