import DESCatalog
import DESCore
import Testing

@testable import DESPacker

/// What becomes of a row that could not be packed.
@Suite struct RowPolicyTests {
    private func fate(_ attempts: Int, _ policy: RowPolicy = RowPolicy()) -> UnpackedRow.Fate {
        policy.fate(ClaimedRow(id: 7, name: "a", source: "", attempts: attempts), DESError(.notFound, "is gone")).fate
    }

    /// Would fail if a row were tried once less or once more, or rested for another time than it should.
    @Test func itIsTriedAgainLaterAndLater() {
        for (attempts, seconds) in [1, 2, 4].enumerated() {
            #expect(fate(attempts) == .repeated(reason: "is gone", after: .seconds(seconds)))
        }
        #expect(fate(3) == .failed(reason: "is gone"))
        #expect(fate(Int.max) == .failed(reason: "is gone"))
        var never = RowPolicy()
        never.retriesMax = 0
        #expect(fate(0, never) == .failed(reason: "is gone"))
    }

    /// Would fail if a rest had no bound, or took the time of all attempts to compute.
    @Test func itRestsAnHourAtMost() {
        var policy = RowPolicy()
        policy.retriesMax = .max
        #expect(fate(11, policy) == .repeated(reason: "is gone", after: .seconds(2_048)))
        #expect(fate(12, policy) == .repeated(reason: "is gone", after: .seconds(3_600)))
        #expect(fate(1_000_000_000, policy) == .repeated(reason: "is gone", after: .seconds(3_600)))
    }

    /// Would fail if a row were blamed for a source that is down, or a source for a row.
    @Test func onlySomeErrorsAreOfTheSource() {
        #expect(DESError(.unavailable, "").isOfSource && DESError(.denied, "").isOfSource)
        for code in [DESError.Code.notFound, .changed, .invalidArgument, .conflict, .corrupt, .unsupported] {
            #expect(!DESError(code, "").isOfSource)
        }
    }
}
