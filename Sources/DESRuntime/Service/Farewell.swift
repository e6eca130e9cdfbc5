internal import DESCore

/// What services want to do between the end of the drain delay and their own end, in the order in which they said so.
public final class Farewell: Sendable {
    /// Must return soon.
    public typealias Step = @Sendable () async -> Void

    private let steps = Monitor<[Step]>([])

    /// Nothing yet.
    public init() {}

    /// Adds a step.
    public func add(_ step: @escaping Step) { steps.withLock { $0.append(step) } }

    /// Takes them all.
    func run() async {
        for step in steps.withLock({ $0 }) { await step() }
    }
}
