internal import CoreMetrics
internal import DESCore
public import Logging

/// What every service shares: its settings, log, metrics and health.
public struct ServiceRuntime: Sendable {
    /// The name of the program.
    public let program: String
    /// The settings it was started with.
    public let configuration: Configuration
    /// Its log.
    public let logger: Logger
    /// Its metrics.
    public let metrics: MetricRegistry
    /// Whether it may be sent requests.
    public let health = Health()
    /// What is to be done before the services end.
    public let farewell = Farewell()

    /// The shared parts of `program`.
    public init(
        program: String, configuration: Configuration, logger: Logger, metrics: MetricRegistry = MetricRegistry()
    ) {
        (self.program, self.configuration, self.logger, self.metrics) = (program, configuration, logger, metrics)
        ProcessMetrics.register(in: metrics)
        MetricCatalog.buildInfo.gauge(program, DESVersion.text, in: metrics).record(1)
    }
}
