internal import DESCore
internal import DESRuntime
internal import Logging
internal import ServiceLifecycle

/// Keeps a generator of names going while the process runs, and shows how it does.
struct GeneratorService: Service {
    private let generator: NameGenerator
    private let logger: Logger

    init(_ generator: NameGenerator, _ runtime: ServiceRuntime) {
        (self.generator, logger) = (generator, runtime.logger)
        runtime.health.require("names") { generator.obstacle?.description }
        runtime.metrics.observe(MetricCatalog.namesIssued) { Double(generator.counts.issued) }
        runtime.metrics.observe(MetricCatalog.generatorWaits) { Double(generator.counts.waits) }
        runtime.metrics.observe(MetricCatalog.nodesHeld) { Double(generator.counts.nodes) }
        runtime.metrics.observe(MetricCatalog.nameLead) { Double(generator.counts.lead) / 1_000 }
        runtime.metrics.observe(MetricCatalog.clockSteps) { Double(generator.counts.clockSteps) }
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await generator.run { obstacle in
                if let obstacle {
                    logger.warning("assign.no_names", metadata: ["reason": .string(obstacle.description)])
                } else {
                    logger.info("assign.ready", metadata: ["nodes": .stringConvertible(generator.counts.nodes)])
                }
            }
        }
        logger.info("assign.released", metadata: ["issued": .stringConvertible(generator.counts.issued)])
    }
}
