/// Works on a sequence with up to `width` tasks and consumes the results in the order of the inputs.
///
/// At most `width` inputs are taken and not yet consumed, which bounds memory. `consume` runs in the caller's task, one
/// result at a time. The first error cancels the rest and is thrown.
package func inOrder<Input: Sendable, Output: Sendable>(
    width: Int,
    next: () async throws -> Input?,
    produce: @escaping @Sendable (Input) async throws -> Output,
    consume: (Output) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
        var started = 0
        var consumed = 0
        var isExhausted = false
        var finished: [Int: Output] = [:]
        while true {
            while !isExhausted, started - consumed < width {
                guard let input = try await next() else {
                    isExhausted = true
                    break
                }
                let number = started
                started += 1
                group.addTask { (number, try await produce(input)) }
            }
            guard let (number, output) = try await group.next() else { return }
            finished[number] = output
            while let output = finished.removeValue(forKey: consumed) {
                try await consume(output)
                consumed += 1
            }
        }
    }
}
