import Glibc
import Testing

/// The whole protocol, with everything that can go wrong, thousands of times. `DES_SIMULATION_COUNT` sets how often,
/// `DES_SIMULATION_SEED` repeats one history and prints it.
@Suite struct SimulationTests {
    static func number(_ variable: String) -> UInt64? { getenv(variable).flatMap { UInt64(String(cString: $0)) } }

    /// Would fail if any of the rules of ``Breakage`` were broken; see ``BreakageTests``.
    @Test func everyHistoryKeepsTheInvariants() throws {
        if let seed = SimulationTests.number("DES_SIMULATION_SEED") {
            print(try SimulationTests.history(of: seed))
            return
        }
        let count = SimulationTests.number("DES_SIMULATION_COUNT") ?? 2_000
        let start = ContinuousClock.now
        var coverage = Coverage()
        var stepCount = 0
        for seed in 1...count {
            var simulation = try Simulation(seed: seed)
            do { try simulation.run() } catch let violation as Simulation.Violation {
                Issue.record("\(violation.text)\n\(try SimulationTests.history(of: seed))")
                return
            }
            coverage.add(simulation.coverage)
            stepCount += simulation.stepCount
        }
        print("\(count) histories, \(stepCount) steps, \(ContinuousClock.now - start): \(coverage.description)")
        #expect(coverage.missing.isEmpty, "these never happened")
    }

    /// The same history again, in words.
    static func history(of seed: UInt64, _ breakage: Breakage = []) throws -> String {
        let journal = Journal()
        var simulation = try Simulation(seed: seed, breakage: breakage, journal: journal)
        var end = "all is packed"
        do { try simulation.run() } catch let violation as Simulation.Violation { end = violation.text }
        let lines = journal.lines.joined(separator: "\n")
        return "seed \(seed), DES_SIMULATION_SEED=\(seed) repeats it:\n\(lines)\n\(end)"
    }
}
