internal import DESCatalog
internal import DESCore
internal import Logging

/// Names under a lease of the catalog. When the lease is lost the next names come under another one.
actor NameSource {
    private let catalog: any NodeCatalog
    private let nodes: ClosedRange<UInt8>
    private let holder: String
    private let clock: DatabaseClock
    private let logger: Logger
    private var current: (generator: NameGenerator, work: Task<Void, Never>)?
    /// Of generators before this one.
    private var issuedBefore = 0

    /// A lease that is not raised for so long may be given to somebody else.
    private static let timeToLive = Duration.seconds(120)
    /// Milliseconds that a ceiling is ahead. A crash leaves them behind; the id is then used last.
    private static let horizon = 30_000

    init(
        _ catalog: any NodeCatalog, nodes: ClosedRange<UInt8>, holder: String, clock: DatabaseClock, logger: Logger
    ) {
        (self.catalog, self.nodes, self.holder) = (catalog, nodes, holder)
        (self.clock, self.logger) = (clock, logger)
    }

    /// The next names.
    /// - Throws: ``DESError`` if no node id can be had.
    func reserve(_ count: Int, _ prefix: NamePrefix) async throws -> NameReservation {
        let generator = generator()
        do {
            return try await generator.reserve(count, prefix)
        } catch {
            if generator.failure != nil { retire(generator) }
            throw error
        }
    }

    /// What was done so far, by all generators.
    var counts: NameGenerator.Counts? {
        var counts = current?.generator.counts
        counts?.issued += issuedBefore
        return counts
    }

    /// Gives the lease back.
    func stop() async {
        current?.work.cancel()
        await current?.work.value
        if let current { retire(current.generator) }
    }

    private func generator() -> NameGenerator {
        if let current { return current.generator }
        var options = NameGenerator.Options()
        (options.nodeCountMax, options.horizon) = (1, NameSource.horizon)
        let generator = NameGenerator(
            leases: catalog.nodeLeases(nodes, holder: holder, timeToLive: NameSource.timeToLive),
            clock: clock.nameClock, options: options)
        // Keeps the ceiling ahead and the lease alive while there is nothing to mark.
        let work = Task { [logger] in
            do {
                try await generator.run()
            } catch {
                // Only that it could not be given back: it expires.
                if Task.isCancelled { return }
                logger.warning("marker.lease_lost", metadata: ["reason": .string("\(error)")])
            }
        }
        current = (generator, work)
        return generator
    }

    private func retire(_ generator: NameGenerator) {
        guard let current, current.generator === generator else { return }
        issuedBefore += generator.counts.issued
        current.work.cancel()
        self.current = nil
    }
}
