import Testing

/// That the checker finds what it is there for: with a rule broken, some history must fail soon.
@Suite struct BreakageTests {
    /// What is broken, and how many histories it may take to be found.
    static let cases: [(Breakage, UInt64)] = [
        // A commit is guarded three times; without all of these a packer that is late wins.
        ([.commitIgnoresEpoch, .commitIgnoresState, .commitIgnoresRows], 1_000),
        ([.commitIgnoresState, .commitIgnoresRows], 1_000), (.anyEpochWillDo, 1_000), (.epochRepeats, 100),
        (.takeoverKeepsClaims, 1_000), (.abandonKeepsRows, 100), ([.unknownIsFailure, .abandonsCommitted], 1_000),
        (.unknownIsForgotten, 1_000), (.forgetsRows, 200), (.skipsUpload, 100), (.putReplaces, 1_000),
        (.keyIsReused, 100),
        (.dayIsToday, 100), (.timeIsTheHosts, 200), (.nameRepeats, 100), (.doctorDeletesOpen, 1_000),
        (.doctorDeletesUnread, 200),
    ]

    @Test(arguments: cases)
    func aBrokenRuleIsFound(breakage: Breakage, countMax: UInt64) throws {
        for seed in 1...countMax {
            var simulation = try Simulation(seed: seed, breakage: breakage)
            do { try simulation.run() } catch let violation as Simulation.Violation {
                print("\(breakage): seed \(seed), \(violation.text)")
                return
            }
        }
        Issue.record("\(breakage): not found in \(countMax) histories")
    }

    /// Rules behind which there is another: broken alone, they do no harm. Would fail if that other one were missing.
    /// * The epoch, the state and the rows of a commit: who takes a shard over gives up all that is open there, so that a late
    ///   commit has neither the epoch nor the state nor the rows.
    /// * What is claimed: whoever has the shard has taken back all claims before he claims.
    /// * How long leases last: the epoch decides, not the time.
    @Test(arguments: [
        Breakage.commitIgnoresEpoch, .commitIgnoresState, .commitIgnoresRows, .claimTakesClaimed, .leasesNeverLast,
    ])
    func whatIsGuardedTwiceHoldsWithOneGuard(breakage: Breakage) throws {
        for seed in 1...100 as ClosedRange<UInt64> {
            var simulation = try Simulation(seed: seed, breakage: breakage)
            do { try simulation.run() } catch let violation as Simulation.Violation {
                Issue.record("\(violation.text)\n\(try SimulationTests.history(of: seed, breakage))")
                return
            }
        }
    }
}
