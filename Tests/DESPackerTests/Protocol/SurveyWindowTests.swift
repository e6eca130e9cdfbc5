import DESCatalog
import DESCore
import TestServers
import Testing

@testable import DESPacker

/// Which places are looked at next.
@Suite struct SurveyWindowTests {
    /// Would fail if a place were left out, looked at out of turn, or if a survey that takes long stayed as wide.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func allPlacesComeInTurn(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let day = try #require(CalendarDay("2026-01-31"))
        let places = try (0..<Int.random(in: 1...3_000, using: &generator)).map {
            PackPlace(shard: try #require(ShardID($0)), day: day)
        }
        var window = SurveyWindow(after: places.randomElement(using: &generator))
        var seen: [Int: Int] = [:]
        var passCount = 0
        while passCount < 5 {
            #expect((8...1_024).contains(window.width))
            let first = window.after.map { $0.shard.number + 1 } ?? 0
            if window.isAtStart { passCount += 1 }
            let looked = places.dropFirst(first).prefix(window.width)
            if passCount > 0, passCount < 5 { for place in looked { seen[place.shard.number, default: 0] += 1 } }
            var survey = PackSurvey(today: day)
            if looked.count == window.width { survey.last = looked.last }
            let before = window.width
            let time = Duration.milliseconds(Int.random(in: 0...900, using: &generator))
            window.took(time, survey)
            if time > .milliseconds(500) { #expect(window.width == max(before / 2, 8)) }
            if time < .milliseconds(125) { #expect(window.width == min(before * 2, 1_024)) }
        }
        #expect(seen.count == places.count && seen.values.allSatisfy { $0 == 4 })
    }
}
