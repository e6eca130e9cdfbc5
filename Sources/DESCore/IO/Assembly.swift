extension BlockingPool {
    /// Works on a sequence on several threads and consumes the results in the order of the inputs.
    ///
    /// Every thread does all three steps of an input itself: takes it, works on it, waits for its turn and consumes the
    /// result. So a result is consumed by the core that has it in its cache, and nothing is handed from thread to
    /// thread but the turn. `next` and `consume` are each called by one thread at a time, in order; up to `width` inputs
    /// are taken and not yet consumed, which bounds memory. The first error ends the work and is thrown.
    package func assemble<Input: Sendable, Output>(
        width: Int,
        next: @escaping @Sendable () throws -> Input?,
        produce: @escaping @Sendable (Input) throws -> Output,
        consume: @escaping @Sendable (Output) throws -> Void
    ) async throws {
        let line = Line(next)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<width {
                group.addTask {
                    try await self.run {
                        do {
                            while let (number, input) = try line.take() {
                                let output = try produce(input)
                                guard line.waitForTurn(number) else { return }
                                try consume(output)
                                line.passTurn()
                            }
                        } catch {
                            line.stop()
                            throw error
                        }
                    }
                }
            }
            // The error of the one that failed: the others end without one.
            try await group.waitForAll()
        }
    }
}

/// Who is next to take an input, and who to consume a result.
private final class Line<Input: Sendable>: Sendable {
    private let next: @Sendable () throws -> Input?
    /// How many inputs were taken; `nil` once there are no more, or that could not be found out. Apart from the turn, so that
    /// nobody who consumes waits for one who takes.
    private let takenCount = Monitor<Int?>(0)
    /// The number of the result that is to be consumed; `nil` once the work has stopped.
    private let turn = Monitor<Int?>(0)

    init(_ next: @escaping @Sendable () throws -> Input?) { self.next = next }

    /// The next input and its number, counted from 0. Nobody is asked again who said that there is none, or failed.
    func take() throws -> (Int, Input)? {
        try takenCount.withLock { taken in
            guard let number = taken else { return nil }
            taken = nil
            guard let input = try next() else { return nil }
            taken = number + 1
            return (number, input)
        }
    }

    /// Waits until every result before `number` is consumed; false if that will never be.
    func waitForTurn(_ number: Int) -> Bool {
        turn.wait { turn in
            guard let turn else { return false }
            return turn == number ? true : nil
        }
    }

    func passTurn() {
        turn.update { $0? += 1 }
    }

    func stop() {
        turn.update { $0 = nil }
    }
}
