import DESCatalog
import Testing

@testable import DESPacker

/// All that an attempt can meet, without exception: every answer to every step, in every order, with a catalog that does what
/// it is asked at once, later, or not at all, and another packer that may take the shard over at any time.
@Suite struct PackAttemptTests {
    /// Would fail if an attempt said that rows are files which are not, or that they wait while they may still become files;
    /// went on after its end; or tried something that has no object.
    @Test func noOrderOfAnswersLeadsAstray() {
        let graph = AttemptGraph()
        for (state, _) in graph.followers {
            switch state.attempt.ending {
            case .committed: #expect(state.world.container == .committed, "\(state)")
            case .abandoned, .nothing: #expect(!state.world.mayBeCommitted, "\(state)")
            case .lost, nil: break
            }
            if state.world.container == .committed { #expect(state.world.hasObject, "\(state)") }
        }
        let endings = Set(graph.followers.keys.compactMap(\.attempt.ending))
        #expect(endings == Set(PackAttempt.Ending.allCases))
        let steps = Set(graph.followers.keys.compactMap(\.attempt.step))
        #expect(steps == Set(PackAttempt.Step.allCases))
        #expect(graph.followers.count > 100, "\(graph.followers.count) states")
    }

    /// Would fail if an attempt could not end from some state in which nothing fails any more.
    @Test func itEndsOnceNothingFails() {
        for (state, _) in AttemptGraph().followers {
            var (attempt, world) = (state.attempt, state.world)
            var stepCount = 0
            while let step = attempt.step, stepCount < 10 {
                stepCount += 1
                if step != .ask { world.settle() }
                attempt.take(world.perform(step))
            }
            #expect(attempt.ending != nil, "\(state)")
        }
    }

    /// Would fail if an answer that belongs to another step could make files of rows.
    @Test func onlyACommitMakesFiles() {
        let answers: [PackAttempt.Answer] =
            [.claimed(0), .claimed(2), .written(0), .written(2), .done]
            + [.leaseLost, .unknown, .refused].map { .failed($0) }
            + (ContainerState.allCases.map { $0 } + [nil]).map { .state($0) }
        for (state, _) in AttemptGraph().followers {
            guard let step = state.attempt.step else { continue }
            for answer in answers {
                var attempt = state.attempt
                attempt.take(answer)
                let isSaid =
                    (step, answer) == (.commit, .done) || (step, answer) == (.ask, .state(.committed))
                #expect((attempt.ending == .committed) == isSaid, "\(state), \(answer)")
                let after = attempt
                if attempt.ending != nil { attempt.take(.done) }
                #expect(attempt.position == after.position, "it is over")
            }
        }
    }

    /// Would fail if a database whose commits fail while it answers questions were asked again and again without a pause.
    @Test func whoFailsAgainAndAgainIsWaitedForLonger() {
        var attempt = PackAttempt()
        for answer: PackAttempt.Answer in [.claimed(1), .written(1), .done, .done] { attempt.take(answer) }
        for count in 1...5 {
            #expect(attempt.step == .commit)
            attempt.take(.failed(.unknown))
            #expect(attempt.failureCount == count)
            attempt.take(.state(.uploaded))
            #expect(attempt.failureCount == count)
        }
        attempt.take(.failed(.unknown))
        attempt.take(.failed(.refused))
        #expect(attempt.step == .ask && attempt.failureCount == 7)
        attempt.take(.state(.committed))
        #expect(attempt.ending == .committed)
    }

    /// Would fail if a database that lets nobody claim were taken for one in which there is nothing to do: a shard would not
    /// rest, and who works once would never end.
    @Test func aClaimThatIsRefusedIsAFailure() {
        var attempt = PackAttempt()
        attempt.take(.failed(.refused))
        #expect(attempt.ending == .abandoned)
    }
}

extension PackAttempt {
    var step: Step? { if case .next(let step) = position { step } else { nil } }
    var ending: Ending? { if case .over(let ending) = position { ending } else { nil } }
}
