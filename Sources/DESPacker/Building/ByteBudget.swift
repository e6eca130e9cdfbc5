internal import DESCore

/// Memory that all containers of a process share: who needs more than there is waits for his turn.
///
/// Shares are given in the order in which they were asked for, and a share is asked for, without waiting, in the order in which
/// bodies are written. So whoever writes next has his share before those behind him, and nobody waits for ever.
final class ByteBudget: Sendable {
    private struct State: Sendable {
        var freeByteCount: Int
        /// Those that wait, in their order.
        var waiting: [(number: Int, byteCount: Int, grant: Answer<Bool>)] = []
        var count = 0
    }

    /// A part of the memory, asked for or given. It goes back with this value, whatever ends its use.
    final class Share: Sendable {
        /// What was asked for, but no more than there is.
        let byteCount: Int
        fileprivate let number: Int
        fileprivate let grant: Answer<Bool>
        private let budget: ByteBudget

        fileprivate init(_ byteCount: Int, _ number: Int, _ grant: Answer<Bool>, _ budget: ByteBudget) {
            (self.byteCount, self.number, self.grant, self.budget) = (byteCount, number, grant, budget)
        }

        deinit { budget.giveBack(byteCount, number) }

        /// Waits until it is given. Only one task may.
        /// - Throws: `CancellationError`; its place in the line goes with it.
        func wait() async throws {
            let isGiven = await withTaskCancellationHandler {
                await grant.wait()
            } onCancel: {
                grant.give(false)
            }
            if !isGiven { throw CancellationError() }
        }
    }

    /// Bytes in all.
    let byteCount: Int
    private let state: Monitor<State>

    init(byteCount: Int) {
        self.byteCount = byteCount
        state = Monitor(State(freeByteCount: byteCount))
    }

    /// Bytes that are taken.
    var usedByteCount: Int { byteCount - state.withLock { $0.freeByteCount } }

    /// How many wait.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Asks for a share, and does not wait for it. One that is larger than all there is gets all.
    func share(_ wanted: Int) -> Share {
        let byteCount = min(wanted, byteCount)
        let grant = Answer<Bool>()
        let (number, granted) = state.withLock { state in
            state.count += 1
            state.waiting.append((state.count, byteCount, grant))
            return (state.count, ByteBudget.grant(&state))
        }
        for answer in granted { answer.give(true) }
        return Share(byteCount, number, grant, self)
    }

    /// Gives a share back, or its place in the line.
    private func giveBack(_ byteCount: Int, _ number: Int) {
        let granted = state.withLock { state in
            if let place = state.waiting.firstIndex(where: { $0.number == number }) {
                state.waiting.remove(at: place)
            } else {
                state.freeByteCount += byteCount
            }
            return ByteBudget.grant(&state)
        }
        for answer in granted { answer.give(true) }
    }

    /// Gives those at the head of the line what they wait for.
    private static func grant(_ state: inout State) -> [Answer<Bool>] {
        var granted: [Answer<Bool>] = []
        while let first = state.waiting.first, first.byteCount <= state.freeByteCount {
            state.freeByteCount -= first.byteCount
            granted.append(first.grant)
            state.waiting.removeFirst()
        }
        return granted
    }
}
