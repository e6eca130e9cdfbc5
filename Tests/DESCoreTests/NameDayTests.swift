import Testing

@testable import DESCore

@Suite("Names of another day")
struct NameDayTests {
    private func day(_ text: String) throws -> CalendarDay { try #require(CalendarDay(text)) }

    private func isAllowed(_ day: CalendarDay, on today: CalendarDay) -> Bool {
        do throws(DESError) {
            try day.checkNames(madeOn: today)
            return true
        } catch {
            return false
        }
    }

    @Test("a day may be 24 days from that of the making, on either side, and not one more")
    func distance() throws {
        let today = try day("2026-03-10")
        for distance in -60...60 {
            let other = try #require(CalendarDay(number: today.number + distance))
            #expect(isAllowed(other, on: today) == (abs(distance) <= 24), "\(distance)")
        }
        let error = #expect(throws: DESError.self) { try day("2026-04-04").checkNames(madeOn: today) }
        #expect(error?.code == .invalidArgument)
        for words in ["2026-04-04", "2026-03-10", "at most 24 days"] { #expect(error?.message.contains(words) == true) }
    }

    @Test("as far as it is allowed each name says when it was made; farther away one would not")
    func moments() throws {
        let today = try day("2026-03-10")
        func isKnown(_ moment: Int, _ distance: Int) throws -> Bool {
            let day = try #require(CalendarDay(number: today.number + distance))
            let value = NameValue(milliseconds: moment, node: 0, sequence: 0)
            return DESName(prefix: .standard, day: day, value: value).milliseconds == moment
        }
        let ends = [today.milliseconds.lowerBound, today.milliseconds.upperBound - 1]
        for distance in -24...24 {
            for moment in ends { #expect(try isKnown(moment, distance), "\(moment) \(distance)") }
        }
        for distance in [-25, 25] { #expect(try ends.contains { try !isKnown($0, distance) }, "\(distance)") }
    }

    @Test("a generator makes names of the day it is asked for, in every way to read them, with the time of the clock")
    func reserved() async throws {
        let clock = FakeClock(wall: try day("2026-03-10").milliseconds.lowerBound)
        let generator = NameGenerator(leases: FakeLeases([1]), clock: clock.clock)
        for text in ["2026-02-14", "2026-03-10", "2026-04-03"] {
            let wanted = try day(text)
            let names = try await generator.reserve(600, of: wanted)
            #expect(names.allSatisfy { $0.day == wanted })
            #expect(names.allSatisfy { abs($0.milliseconds - clock.wall) < 100 })
            var texts: [String] = []
            names.forEachText { text, day in
                texts.append(text)
                #expect(day == wanted)
            }
            #expect(texts == names.map(\.description))
        }
        #expect(try await generator.reserve(1)[0].day == day("2026-03-10"))
    }

    @Test("a day that is too far away is refused before a node id is leased, and costs no name")
    func refused() async throws {
        let leases = FakeLeases([1])
        let clock = FakeClock(wall: try day("2026-03-10").milliseconds.lowerBound)
        let generator = NameGenerator(leases: leases, clock: clock.clock)
        for text in ["2026-02-13", "2026-04-04", "0000-01-01", "9999-12-31"] {
            let far = try day(text)
            let error = await #expect(throws: DESError.self) { try await generator.reserve(1, of: far) }
            #expect(error?.code == .invalidArgument, "\(text)")
        }
        #expect(leases.state.withLock { $0.attempts } == 0)
        #expect(generator.counts == NameGenerator.Counts())
        _ = try await generator.reserve(1)
    }

    @Test("names that lie after midnight count as made on that day: a batch is refused that would reach it")
    func midnight() async throws {
        let today = try day("2026-03-10")
        let clock = FakeClock(wall: today.milliseconds.upperBound - 1)
        let generator = NameGenerator(leases: FakeLeases([1]), clock: clock.clock)
        let oldest = try day("2026-02-14")
        _ = try await generator.reserve(1, of: oldest)
        let error = await #expect(throws: DESError.self) { try await generator.reserve(1_000, of: oldest) }
        #expect(error?.code == .invalidArgument)
        // Of the other side only the first counts, which may be a name of today.
        let latest = try day("2026-04-03")
        #expect(try await generator.reserve(1, of: latest)[0].day == latest)
        clock.pass(1)
        await #expect(throws: DESError.self) { try await generator.reserve(1, of: oldest) }
    }
}
