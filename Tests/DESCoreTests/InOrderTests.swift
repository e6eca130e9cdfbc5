import Testing

@testable import DESCore

@Suite("Work in parallel, results in order")
struct InOrderTests {
    private struct Failure: Error {}

    @Test("results come in the order of the inputs, at most the width of them in the works", arguments: [1, 2, 7])
    func order(width: Int) async throws {
        let working = Monitor((now: 0, most: 0))
        var (given, taken): (Int, [Int]) = (0, [])
        try await inOrder(width: width) {
            #expect(given - taken.count < width)
            given += 1
            return given <= 500 ? given - 1 : nil
        } produce: { (number: Int) in
            working.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            // Later ones may well finish first.
            for _ in 0..<(number * 7 % 5) { await Task.yield() }
            working.withLock { $0.now -= 1 }
            return number
        } consume: {
            taken.append($0)
        }
        #expect(taken == Array(0..<500))
        #expect(working.withLock { $0.most } <= width)
    }

    @Test("no input, no result")
    func empty() async throws {
        try await inOrder(width: 3, next: { nil as Int? }, produce: { $0 }, consume: { _ in Issue.record("a result") })
    }

    @Test("the first error of any part ends the work", arguments: [0, 1, 2])
    func failure(part: Int) async throws {
        var (given, taken) = (0, 0)
        await #expect(throws: Failure.self) {
            try await inOrder(width: 4) {
                given += 1
                if part == 0, given == 20 { throw Failure() }
                return given
            } produce: { (number: Int) in
                if part == 1, number == 20 { throw Failure() }
                return number
            } consume: { number in
                #expect(number == taken + 1)
                taken = number
                if part == 2, number == 20 { throw Failure() }
            }
        }
        #expect(taken <= 20 && given <= 24)
    }
}
