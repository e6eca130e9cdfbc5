internal import CoreMetrics
internal import DESCatalog
internal import DESCore
internal import DESRuntime
internal import Logging

/// What a marker says of the database: to probes, in its log, as a metric.
final class MarkerHealth: Sendable {
    private struct State {
        /// What went wrong with the last batch; `nil` if all is well.
        var problem: String? = "the database has not answered yet"
        /// What went wrong with the last look at the backlog.
        var watchProblem: String?
        var isDeaf = false
    }

    private let state = Monitor(State())
    private let logger: Logger
    private let metrics: MarkerMetrics

    init(_ runtime: ServiceRuntime, _ metrics: MarkerMetrics) {
        (logger, self.metrics) = (runtime.logger, metrics)
        runtime.health.require("database") { [state] in state.withLock { $0.problem ?? $0.watchProblem } }
    }

    /// A batch went well.
    func succeeded() {
        let hadProblem = state.withLock { state in
            defer { (state.problem, state.watchProblem) = (nil, nil) }
            return state.problem != nil || state.watchProblem != nil
        }
        guard hadProblem else { return }
        metrics.isDatabaseUp.record(1)
        logger.info("marker.ready")
    }

    /// A batch failed.
    func failed(_ error: any Error) {
        let text = (error as? ConfigurationError)?.problems.joined(separator: "; ") ?? "\(error)"
        // Other errors, of names, say nothing about the database.
        if error is DatabaseError { metrics.isDatabaseUp.record(0) }
        failed(text)
    }

    /// The database does what it is asked to, and that is to refuse row after row.
    func refusing() {
        metrics.isDatabaseUp.record(1)
        failed("row after row is refused: see the dead letters")
    }

    private func failed(_ text: String) {
        let isNew = state.withLock { state in
            defer { state.problem = text }
            return state.problem != text
        }
        // One line for one reason, however often it is tried again.
        if isNew { logger.warning("marker.failed", metadata: ["reason": .string(text)]) }
    }

    /// The backlog was looked at, or could not be.
    func watched(_ error: (any Error)?) {
        let (before, other) = state.withLock { state in
            defer { state.watchProblem = error.map { "\($0)" } }
            return (state.watchProblem, state.problem)
        }
        if let error {
            metrics.isDatabaseUp.record(0)
            if before == nil { logger.warning("marker.watch_failed", metadata: ["reason": .string("\(error)")]) }
        } else if before != nil, other == nil {
            metrics.isDatabaseUp.record(1)
        }
    }

    /// Notifications cannot be heard. It is said once.
    func deaf(_ error: any Error) {
        let isNew = state.withLock { state in
            defer { state.isDeaf = true }
            return !state.isDeaf
        }
        if isNew { logger.warning("marker.deaf", metadata: ["reason": .string("\(error)")]) }
    }
}
