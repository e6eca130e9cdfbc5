import Testing

@testable import DESCore

@Suite("The generator of names")
struct NameGeneratorTests {
    private let start = 1_735_732_800_000

    @Test("the first name of a node has its time and the sequence 0")
    func first() async throws {
        let generator = NameGenerator(
            prefix: try NamePrefix("TEST"), leases: FakeLeases([1]), clock: FakeClock(wall: start).clock)
        #expect(try await generator.next().description == "TEST_20250101_(21BCAA000100_88)")
        #expect(try await generator.next().description == "TEST_20250101_(21BCAA000101_89)")
    }

    @Test(
        "whatever the clocks do, no value comes twice, nor far ahead of all clocks", arguments: 0..<20 as Range<UInt64>)
    func model(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let clock = FakeClock(wall: start)
        let leases = FakeLeases([1, 2, 3])
        var (seen, nodes): (Set<NameValue>, Set<UInt8>) = ([], [])
        // Each life may end with a ceiling one horizon ahead, where the next begins.
        var options = NameGenerator.Options()
        var latest = start + 4 * options.horizon
        for _ in 0..<4 {  // lives of a process
            options.nodeCountMax = Int.random(in: 1...3, using: &random)
            options.crowdedWait = Int.random(in: 0...1, using: &random)
            let generator = NameGenerator(leases: leases, clock: clock.clock, options: options)
            for _ in 0..<200 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0: clock.step(-Int.random(in: 0..<20_000, using: &random))
                case 1:
                    let step = Int.random(in: 0..<2_000, using: &random)
                    clock.step(step)
                    latest += step
                default:
                    let time = Int.random(in: 0..<3, using: &random)
                    clock.pass(time)
                    latest += time
                }
                for number in 0..<Int.random(in: 1..<400, using: &random) {
                    // The first of each round may have to wait for a lease, and with it for one real millisecond or two;
                    // those after it are not asked for if they would.
                    let next = number == 0 ? try await generator.reserve(1)[0] : generator.nextIfAtHand()
                    guard let name = next else { break }
                    #expect(seen.insert(name.value).inserted, "seed \(seed): \(name) again")
                    #expect(name.milliseconds <= latest, "seed \(seed): \(name)")
                    nodes.insert(name.value.node)
                }
            }
            // Killed, or stopped in good order.
            if Bool.random(using: &random) {
                try await generator.stop()
            } else {
                leases.state.withLock { $0.free = [1, 2, 3] }
            }
            leases.state.withLock { $0.free.sort() }
        }
        #expect(seen.count > 1_000)
        #expect(nodes.isSubset(of: [1, 2, 3]))
    }

    @Test("a batch has as many names as were wanted, in order, all different, over as many milliseconds as it takes")
    func batch() async throws {
        let generator = NameGenerator(leases: FakeLeases([7]), clock: FakeClock(wall: start).clock)
        let names = try await generator.reserve(1_000)
        #expect(names.count == 1_000 && Set(names.map(\.value)).count == 1_000)
        #expect(zip(names, names.dropFirst()).allSatisfy { $0.value < $1.value })
        #expect(names.last?.milliseconds == start + 3)
        var texts: [String] = []
        names.forEachText { text, _ in texts.append(text) }
        #expect(texts == names.map(\.description))
    }

    @Test("who waits long has one more node id leased, until as many as are allowed are held")
    func moreNodes() async throws {
        var options = NameGenerator.Options()
        options.nodeCountMax = 3
        options.crowdedWait = 2
        let clock = FakeClock(wall: start)
        let generator = NameGenerator(leases: FakeLeases([1, 2, 3, 4]), clock: clock.clock, options: options)
        for round in 1...4 {
            _ = try await generator.reserve(256 * 10)
            clock.pass(1_000)
            while generator.counts.nodes < min(round + 1, 3) { await Task.yield() }  // leased beside the request
            #expect(generator.counts.nodes <= 3)
        }
        let nodes = Set(try await generator.reserve(768).map(\.value.node))
        #expect(nodes == [1, 2, 3])
    }

    @Test("more than can be had in five seconds is refused, and nothing of it is used up")
    func tooMany() async throws {
        let generator = NameGenerator(leases: FakeLeases([1]), clock: FakeClock(wall: start).clock)
        _ = try await generator.next()
        let error = await #expect(throws: DESError.self) { try await generator.reserve(256 * 6_000) }
        #expect(error?.code == .unavailable && error?.isTransient == true)
        #expect(try await generator.next().value.sequence == 1)
    }

    @Test("a lost lease ends the generator at once")
    func lost() async throws {
        let (clock, leases) = (FakeClock(wall: start), FakeLeases([1]))
        let generator = NameGenerator(leases: leases, clock: clock.clock)
        _ = try await generator.next()
        leases.state.withLock { $0.isLost = true }
        clock.pass(10_000)  // beyond the ceiling
        for _ in 0..<2 {
            let error = await #expect(throws: DESError.self) { try await generator.next() }
            #expect(error?.code == .conflict)
        }
        #expect(generator.failure?.code == .conflict)
    }

    @Test("an id that another process still holds is waited for, not given up")
    func heldElsewhere() async throws {
        let leases = FakeLeases([1])
        leases.state.withLock { $0.isHeldElsewhere = true }
        let clock = FakeClock(wall: start)
        let generator = NameGenerator(leases: leases, clock: clock.clock)
        let error = await #expect(throws: DESError.self) { try await generator.next() }
        #expect(error?.code == .conflict && generator.obstacle == error && generator.failure == nil)
        leases.state.withLock { $0.isHeldElsewhere = false }
        clock.pass(1_000)
        _ = try await generator.next()
        #expect(generator.obstacle == nil)
    }

    @Test("a lease whose first ceiling cannot be stored is given back")
    func notStored() async throws {
        let leases = FakeLeases([1])
        leases.state.withLock { $0.isLost = true }
        let generator = NameGenerator(leases: leases, clock: FakeClock(wall: start).clock)
        await #expect(throws: DESError.self) { try await generator.next() }
        #expect(leases.state.withLock { $0.free } == [1])
    }

    @Test("after it was stopped nothing is leased, whoever was still waiting")
    func stopped() async throws {
        let leases = FakeLeases([1, 2])
        let generator = NameGenerator(leases: leases, clock: FakeClock(wall: start).clock)
        _ = try await generator.next()
        try await generator.stop()
        await #expect(throws: DESError.self) { try await generator.reserve(10) }
        #expect(leases.state.withLock { $0.free.sorted() } == [1, 2])
    }

    @Test("an id that cannot be given back does not keep the others")
    func unreleasable() async throws {
        let leases = FakeLeases([1, 2])
        var options = NameGenerator.Options()
        options.crowdedWait = 0
        let generator = NameGenerator(leases: leases, clock: FakeClock(wall: start).clock, options: options)
        _ = try await generator.reserve(1)
        while generator.counts.nodes < 2 { await Task.yield() }
        leases.state.withLock { $0.unreleasable = 1 }
        await #expect(throws: DESError.self) { try await generator.stop() }
        #expect(leases.state.withLock { $0.free } == [2])
    }

    @Test("a ceiling that is stored while the generator is stopped allows no name")
    func stoppedMeanwhile() async throws {
        let (clock, leases) = (FakeClock(wall: start), FakeLeases([1]))
        let generator = NameGenerator(leases: leases, clock: clock.clock)
        _ = try await generator.next()
        let (storing, stop) = (Signal(), Signal())
        leases.state.withLock { state in
            state.onRaise = {
                await storing.give()
                await stop.wait()
            }
        }
        clock.pass(10_000)  // beyond the ceiling
        let waiting = Task { try await generator.next() }
        await storing.wait()
        let stopping = Task { try await generator.stop() }
        while generator.failure == nil { await Task.yield() }
        await stop.give()
        await #expect(throws: DESError.self) { try await waiting.value }
        try await stopping.value
        #expect(generator.nextIfAtHand() == nil)
    }

    @Test("many requests that wait for an id share one attempt to have it")
    func oneAttempt() async throws {
        let leases = FakeLeases([])
        let generator = NameGenerator(leases: leases, clock: FakeClock(wall: start).clock)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    let error = await #expect(throws: DESError.self) { try await generator.next() }
                    #expect(error?.code == .unavailable)
                }
            }
        }
        #expect(leases.state.withLock { $0.attempts } == 1)
    }

    @Test("names that run ahead of the clock come nearer to it while time passes, and the lead is known")
    func catchingUp() async throws {
        let (clock, leases) = (FakeClock(wall: start), FakeLeases([1]))
        let generator = NameGenerator(leases: leases, clock: clock.clock)
        _ = try await generator.next()
        clock.step(-60_000)
        _ = try await generator.next()
        var leads: [Int] = []
        for _ in 0..<5 {
            for _ in 0..<60 {
                clock.pass(1_000)
                let name = try await generator.next()
                #expect(name.milliseconds - clock.wall == generator.counts.lead)
            }
            leads.append(generator.counts.lead)
        }
        #expect(leads == [45_000, 30_000, 15_000, 0, 0])
        #expect(generator.counts.clockSteps == 1)
    }

    @Test("of several ids that cannot be used yet the one that can be first takes part first")
    func floors() async throws {
        var sequence = NameSequence()
        sequence.allow(before: .max)
        for (node, floor) in [(1, 0), (2, 9_000), (3, 5_000), (4, 7_000)] as [(UInt8, Int)] {
            sequence.add(node: node, floor: floor)
        }
        func nodes(at moment: Int) -> Set<UInt8> {
            guard let run = sequence.take(4 * 256, now: moment) else { return [] }
            return Set((0..<run.count).map { run[$0].node })
        }
        #expect(nodes(at: 4_999) == [1] && nodes(at: 5_000) == [1, 3])
        #expect(nodes(at: 8_000) == [1, 3, 4] && nodes(at: 9_000) == [1, 2, 3, 4])
    }

    @Test("one generator serves any prefix, and no value comes under two of them")
    func prefixes() async throws {
        let generator = NameGenerator(leases: FakeLeases([1]), clock: FakeClock(wall: start).clock)
        let names = [
            try await generator.next(NamePrefix("A")), try await generator.next(),
            try await generator.reserve(1, NamePrefix("B"))[0],
        ]
        #expect(names.map(\.prefix.description) == ["A", "DES", "B"])
        #expect(Set(names.map(\.value)).count == 3)
    }

    @Test("no value is handed out that is not below a stored ceiling")
    func ceiling() async throws {
        let (clock, leases) = (FakeClock(wall: start), FakeLeases([1]))
        let generator = NameGenerator(leases: leases, clock: clock.clock)
        for _ in 0..<50 {
            clock.pass(700)
            let name = try await generator.next()
            #expect(name.milliseconds < leases.state.withLock { $0.ceilings[1] ?? 0 })
        }
        #expect(leases.state.withLock { $0.raises } < 20)
    }

    @Test("many threads get names of their own")
    func threads() async throws {
        let generator = NameGenerator(leases: FakeLeases([1, 2, 3, 4]), clock: .system)
        _ = try await generator.next()
        let values = try await withThrowingTaskGroup(of: [NameValue].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var values: [NameValue] = []
                    for _ in 0..<20 { values += try await generator.reserve(500).map(\.value) }
                    return values
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(values.count == 80_000 && Set(values).count == 80_000)
    }

    #if DEBUG
    private static let manyCount = 1_000_000  // ten million where the tests run optimised, as `make test` does too
    #else
    private static let manyCount = 10_000_000
    #endif

    @Test("of ten million values (one million unoptimised) that 8 threads take, of 8 nodes, none comes twice")
    func many() async throws {
        var options = NameGenerator.Options()
        (options.nodeCountMax, options.crowdedWait, options.horizon) = (8, 0, 1 << 40)
        let generator = NameGenerator(
            leases: FakeLeases(Array(0..<8)), clock: HurryingClock(wall: start).clock, options: options)
        while generator.counts.nodes < 8 { _ = try await generator.reserve(1) }
        let (count, pieceCount) = (Self.manyCount, 2_000)
        let before = generator.counts.issued
        let seen = Monitor(SeenValues(start: start, milliseconds: 100_000))
        let threads = BlockingPool(threadCount: 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await threads.run {
                        for _ in 0..<count / 8 / pieceCount {
                            var values: [UInt64] = []
                            while values.count < pieceCount {
                                if let name = generator.nextIfAtHand() { values.append(name.value.bits) }
                            }
                            let isAscending = zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
                            #expect(seen.withLock { $0.insert(values) } && isAscending)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let taken = count / 8 / pieceCount * 8 * pieceCount
        #expect(seen.withLock { $0.count } == taken && generator.counts.issued - before == taken)
        #expect(generator.counts.nodes == 8 && generator.counts.clockSteps > 2)
    }
}
