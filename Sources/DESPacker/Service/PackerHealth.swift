internal import CoreMetrics
internal import DESCatalog
internal import DESCore
internal import DESRuntime
internal import Logging

/// What part of the world a step needs, and which of them does not work.
enum StepFault {
    /// A part, besides the database.
    enum Part: String, Sendable, CaseIterable {
        /// Where containers go.
        case store
        /// Where bodies come from.
        case source
        /// The local disk.
        case spool
        /// The transactions of the catalog that make a container visible: they need more of it than looking does.
        case commit
    }
}

/// What a packer says of the database, the store and the sources: to probes, in its log, as a metric. That there is nothing to
/// do says nothing.
final class PackerHealth: Sendable {
    private static let database = "database"

    private let problems: Monitor<[String: String]>
    private let logger: Logger
    private let metrics: PackerMetrics

    init(_ runtime: ServiceRuntime, _ metrics: PackerMetrics) {
        (logger, self.metrics) = (runtime.logger, metrics)
        problems = Monitor([PackerHealth.database: "the database has not answered yet"])
        for part in [PackerHealth.database] + StepFault.Part.allCases.map(\.rawValue) {
            runtime.health.require(part) { [problems] in problems.withLock { $0[part] } }
        }
    }

    /// A step went well.
    func succeeded(_ part: StepFault.Part?) {
        let name = part?.rawValue ?? PackerHealth.database
        if part == .commit { _ = problems.withLock { $0.removeValue(forKey: PackerHealth.database) } }
        let (hadProblem, isReady) = problems.withLock { problems in
            (problems.removeValue(forKey: name) != nil, problems.isEmpty)
        }
        guard hadProblem else { return }
        if part == nil { metrics.isDatabaseUp.record(1) }
        logger.info(isReady ? "packer.ready" : "packer.recovered", metadata: ["part": .string(name)])
    }

    /// Whether a part was seen not to work.
    func hasProblem(_ part: StepFault.Part) -> Bool { problems.withLock { $0[part.rawValue] != nil } }

    /// A step failed. The same reason is logged once, until the part works again.
    func failed(_ error: any Error, _ part: StepFault.Part) {
        let isOfDatabase = error is DatabaseError
        let name = isOfDatabase && part != .commit ? PackerHealth.database : part.rawValue
        metrics.failed(error, part)
        if isOfDatabase { metrics.isDatabaseUp.record(0) }
        let text = (error as? ConfigurationError)?.problems.joined(separator: "; ") ?? "\(error)"
        let isNew = problems.withLock { problems in
            defer { problems[name] = text }
            return problems[name] != text
        }
        if isNew {
            logger.warning("packer.failed", metadata: ["part": .string(name), "reason": .string(text)])
        }
    }
}
