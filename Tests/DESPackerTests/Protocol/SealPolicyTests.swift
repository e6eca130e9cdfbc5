import DESCatalog
import DESCore
import TestServers
import Testing

@testable import DESPacker

/// When rows that wait become a container.
@Suite struct SealPolicyTests {
    private static let policy = {
        var policy = SealPolicy()
        (policy.byteCountMax, policy.countMax, policy.largeByteCountMin) = (1_000, 10, 100)
        (policy.ageMax, policy.idleMax) = (.seconds(600), .seconds(60))
        return policy
    }()

    private func waiting(
        count: Int = 1, bytes: Int = 0, large: Int = 0, oldest: Duration = .zero, newest: Duration = .zero, day: Int = 0
    ) throws -> PackSurvey.Waiting {
        PackSurvey.Waiting(
            place: PackPlace(shard: try #require(ShardID(3)), day: try #require(CalendarDay(number: 20_000 + day))),
            count: count, byteCount: bytes, largeCount: large, oldestAge: oldest, newestAge: newest)
    }

    private func reason(_ waiting: PackSurvey.Waiting, flushing: Bool = false) throws -> SealReason? {
        var policy = SealPolicyTests.policy
        policy.isFlushing = flushing
        return policy.reason(waiting, today: try #require(CalendarDay(number: 20_000)))
    }

    /// Would fail if a limit were off by one, looked at something else, or not looked at.
    @Test func eachLimitIsReachedExactly() throws {
        #expect(try reason(waiting(bytes: 999)) == nil)
        #expect(try reason(waiting(bytes: 1_000)) == .bytes)
        #expect(try reason(waiting(count: 9)) == nil)
        #expect(try reason(waiting(count: 10)) == .count)
        let almost = Duration.milliseconds(599_999)
        #expect(try reason(waiting(oldest: almost, newest: .zero)) == nil)
        #expect(try reason(waiting(oldest: .seconds(600), newest: .zero)) == .age)
        #expect(try reason(waiting(oldest: almost, newest: .milliseconds(59_999))) == nil)
        #expect(try reason(waiting(oldest: almost, newest: .seconds(60))) == .idle)
        #expect(try reason(waiting(day: -1)) == .day)
        #expect(try reason(waiting(day: 1)) == nil)
        #expect(try reason(waiting()) == nil)
        #expect(try reason(waiting(), flushing: true) == .flush)
        #expect(try reason(waiting(count: 0), flushing: true) == nil)
    }

    /// Would fail if rows that all have containers of their own made one more, without rows.
    @Test func largeRowsAloneAreNoContainerOfSmallOnes() throws {
        #expect(try reason(waiting(count: 10, bytes: 5_000, large: 10, oldest: .seconds(900)), flushing: true) == nil)
        #expect(try reason(waiting(count: 11, bytes: 5_000, large: 10)) == .bytes)
        #expect(try reason(waiting(count: 2, large: 1, oldest: .seconds(900))) == .age)
    }

    /// Would fail if a row waited longer than it may, or less was due later or when more waits.
    @Test func whatIsDueStaysDue() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let newest = Duration.seconds(Int.random(in: 0...70, using: &generator))
            let large = Int.random(in: 0...3, using: &generator)
            var rows = try waiting(
                count: large + Int.random(in: 0...12, using: &generator),
                bytes: Int.random(in: 0...1_100, using: &generator),
                large: large, oldest: newest + .seconds(Int.random(in: 0...700, using: &generator)), newest: newest,
                day: Int.random(in: -1...1, using: &generator))
            let before = try reason(rows)
            if rows.count > large, rows.oldestAge >= .seconds(600) { #expect(before != nil) }
            rows.count += 1
            rows.byteCount += 10
            rows.oldestAge += .seconds(1)
            rows.newestAge += .seconds(1)
            if before != nil { #expect(try reason(rows) != nil, "\(rows)") }
        }
    }

    /// Would fail if a place were left out, if large rows waited until others are due, or if small ones went with them.
    @Test func eachPlaceHasItsJobs() throws {
        var survey = PackSurvey(today: try #require(CalendarDay(number: 20_000)))
        survey.waiting = [
            try waiting(count: 1, large: 1), try waiting(count: 2, large: 1), try waiting(count: 10),
            try waiting(count: 11, large: 1), try waiting(),
        ]
        #expect(
            SealPolicyTests.policy.jobs(survey).map(\.reason) == [.large, .large, .count, .count, .large])
    }
}
