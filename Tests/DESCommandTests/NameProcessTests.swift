import DESCore
import Glibc
import TestServers
import Testing

/// Names of processes that are killed at any moment and started again, while their clocks are set back and forth.
@Suite("Names of many processes and lives", .serialized)
struct NameProcessTests {
    private let directory: TemporaryDirectory
    private let state: String

    init() throws {
        directory = try TemporaryDirectory()
        state = directory["state"]
    }

    private func new(_ nodes: String, count: Int) -> Command {
        .des("name", "new", "--node-id", nodes, "--state", state, "--count", "\(count)")
    }

    @Test("the clock of these tests is set while a program runs, and time that passes is not")
    func clock() throws {
        let program = """
            import os, sys, time
            def see(clock):
                os.rename(clock, sys.argv[1])
                return time.time()
            start = time.monotonic()
            times = [time.time()] + [see(clock) for clock in sys.argv[2:]]
            print(*(round(time - times[0]) for time in times), time.monotonic() - start < 1000)
            """
        let clock = try FakedClock(directory["clock"])
        var command = try Command.tool(.python3, ["-ISBc", program, directory["clock"]])
        for (number, milliseconds) in [-3_600_000, 7_200_500, 0].enumerated() {
            try FakedClock(directory["\(number)"]).set(milliseconds)
            command.arguments.append(directory["\(number)"])
        }
        let result = try FakedClock.wait(for: clock.applied(to: command).start())
        try #require(result.status == 0 && result.text.hasSuffix(" True\n"), "\(result)")
        let steps = try result.text.split(separator: " ").dropLast().map { try #require(Int($0)) }
        // The program may have been slow between two steps.
        #expect(zip(steps, [0, -3_600, 7_200, 0]).allSatisfy { abs($0 - $1) < 100 } && steps.count == 4, "\(result)")
    }

    /// Reads so many names from a program that writes no faster than they are read.
    private func read(_ count: Int, from running: RunningCommand) throws -> [DESName] {
        try running.read(31 * count).split(separator: UInt8(ascii: "\n")).map {
            try DESName(String(decoding: $0, as: UTF8.self))
        }
    }

    @Test(
        "a fixed id, SIGKILL, the clock set back an hour: the next names lie after the old ones, and none comes twice")
    func fixed() throws {
        let (hour, clock) = (3_600_000, try FakedClock(directory["clock"]))
        var names: [DESName] = []
        for life in 0..<3 {
            try clock.set(-life * hour)
            let running = try clock.applied(to: new("7", count: 1_000_000_000)).start()
            names += try read(12_000, from: running)
            if life == 0 {
                // What is under way was reserved before, ten thousand names at most; what comes then was not.
                try clock.set(hour)
                names += try read(12_000, from: running)
                #expect(try #require(names.last).milliseconds > FakedClock.now + hour / 2, "its clock was set")
                try clock.set(-hour)
                names += try read(12_000, from: running)
            }
            running.send(SIGKILL)
            // What it had written when it was killed counts as well.
            let rest = try FakedClock.wait(for: running)
            #expect(rest.status == -SIGKILL)
            for line in rest.output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
                names.append(try DESName(String(decoding: line, as: UTF8.self)))
            }
        }
        #expect(Set(names.map(\.value)).count == names.count)
        #expect(zip(names, names.dropFirst()).allSatisfy { $0.milliseconds <= $1.milliseconds })
        // The clock really was an hour back: who remembers nothing makes names of that time.
        let other = Command.des("name", "new", "--node-id", "7", "--state", directory["other"])
        let result = try FakedClock.wait(for: clock.applied(to: other).start())
        #expect(try DESName(try #require(result.lines.first)).milliseconds < FakedClock.now - hour / 2)
    }

    /// What is to become of one life of a process. It follows from the seed alone.
    private struct Plan {
        var count: Int
        /// Killed when its output has so many bytes, or so many microseconds after its start.
        var killBytes: Int?
        var killTime: Int?
        /// Where its output is when the clock is set, and to what: milliseconds from the beginning of the test.
        var steps: [(bytes: Int, time: Int)] = []

        init(_ number: Int, seed: UInt64) {
            var random = SeededGenerator(seed: seed &+ UInt64(number) << 32)
            let byteCountMax = 3 << 19
            count = byteCountMax
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<2: count = Int.random(in: 1...40_000, using: &random)
            case 2..<4: killTime = Int.random(in: 0...100_000, using: &random)
            default: killBytes = Int.random(in: 0...byteCountMax, using: &random)
            }
            // All begin in the same half of a second, or in one that is an hour before. Later the clock goes to and fro around a
            // time that only slowly goes on, so that it now and then is before what the names have reached.
            var (bytes, time) = (0, Int.random(in: 0...500, using: &random))
            while bytes < byteCountMax {
                steps.append((bytes, time - (Bool.random(using: &random) ? 3_600_000 : 0)))
                time = number * 2_000 + Int.random(in: -4_000...4_000, using: &random)
                bytes += Int.random(in: 50_000...600_000, using: &random)
            }
        }
    }

    private struct Life {
        let number: Int
        var plan: Plan
        let clock: FakedClock
        let running: RunningCommand
        let output: String
        let start = ContinuousClock.now

        /// Sets the clock or kills it, if it is time to. The test began at `beginning`.
        mutating func look(_ beginning: ContinuousClock.Instant) throws {
            let byteCount = Int(Files.status(output)?.st_size ?? 0)
            while let step = plan.steps.first, step.bytes <= byteCount {
                try clock.set(step.time - beginning.millisecondsAgo)
                plan.steps.removeFirst()
            }
            let age = ContinuousClock.now - start
            if age > .seconds(60), !running.hasEnded {
                Issue.record("life \(number) does not come to its end")
                running.send(SIGKILL)
            }
            let isTime = plan.killTime.map { age >= .microseconds($0) } ?? false
            if isTime || (plan.killBytes.map { $0 <= byteCount } ?? false) { running.send(SIGKILL) }
        }

        /// The number of names that it wrote whole. What it wrote of another one is cut off.
        func wholeNames() throws -> Int {
            let bytes = try Files.read(output)
            let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            try #require(truncate(output, whole) == 0)
            #expect(whole % 31 == 0, "life \(number): all names have one length")
            return whole / 31
        }
    }

    @Test("four processes with eight ids, killed and started again, clocks set back and forth: no name comes twice")
    func killed() throws {
        let (seed, lifeCount, beginning) = (20_260_131 as UInt64, 50, ContinuousClock.now)
        try Files.makeDirectory(directory["names"])
        let clocks = try (0..<4).map { try FakedClock(directory["clock\($0)"]) }
        var lives: [Life?] = Array(repeating: nil, count: clocks.count)
        var (started, total, killed, ended, refused) = (0, 0, 0, 0, 0)
        /// All ids were held: nobody is started until one of the others has ended.
        var isFull = false

        func begin(_ slot: Int) throws {
            let plan = Plan(started, seed: seed)
            let output = directory["names/\(started)"]
            try Files.write(output, "")
            var command = clocks[slot].applied(to: new("0-7", count: plan.count))
            command.output = .file(output)
            try clocks[slot].set(plan.steps[0].time - beginning.millisecondsAgo)
            lives[slot] = Life(
                number: started, plan: plan, clock: clocks[slot], running: try command.start(), output: output)
            started += 1
        }

        func end(_ slot: Int, _ life: Life) throws {
            lives[slot] = nil
            let result = try FakedClock.wait(for: life.running)
            let count = try life.wholeNames()
            total += count
            let comment: Comment = "seed \(seed), life \(life.number): \(count) names, \(result)"
            isFull = result.status == 12
            switch result.status {
            case 0:
                ended += 1
                #expect(count == life.plan.count, comment)
            case -SIGKILL: killed += 1
            default:
                // The others hold up to four ids each.
                #expect(result.status == 12 && count == 0 && result.errors == "des: no node id is free\n", comment)
                refused += 1
            }
        }

        while started < lifeCount || lives.contains(where: { $0 != nil }) {
            for slot in lives.indices {
                let isTurn = !isFull || lives.allSatisfy { $0 == nil }
                if lives[slot] == nil, started < lifeCount, isTurn { try begin(slot) }
                try lives[slot]?.look(beginning)
                if let life = lives[slot], life.running.hasEnded { try end(slot, life) }
            }
            poll(nil, 0, 1)  // the pause between two looks
        }
        let sort = "cat \"$0\"/* | LC_ALL=C sort -S 256M | uniq -d | head -n 20"
        let twice = try Command.tool(.bash, ["-c", sort, directory["names"]]).run()
        #expect(twice.status == 0 && twice.output.isEmpty, "seed \(seed): \(twice)")
        // That they could meet: most were killed at work, and some ended in good order.
        let summary: Comment = "seed \(seed): \(total) names, \(killed) killed, \(ended) ended, \(refused) refused"
        #expect(total > 200_000 && killed > 20 && ended > 3, summary)
    }
}

extension ContinuousClock.Instant {
    fileprivate var millisecondsAgo: Int { Int(duration(to: .now) / .milliseconds(1)) }
}
