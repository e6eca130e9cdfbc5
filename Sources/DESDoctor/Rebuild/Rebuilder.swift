import DESCatalog
package import DESCore
import DESStore

/// Makes the packed part of a catalog from containers alone. Memory is that of the containers in work.
package struct Rebuilder: Sendable {
    /// What was found and done.
    package struct Report: Sendable, Hashable {
        /// A container that was left out, and why.
        package struct Left: Sendable, Hashable {
            /// Its key.
            package var key: String
            /// In words.
            package var reason: String
        }

        /// Containers that are committed now, or would be.
        package var containerCount = 0
        /// Of these, those that were there before, with all their files.
        package var alreadyCount = 0
        /// Containers of which every name is in another one with a higher epoch: nobody committed them.
        package var abandonedCount = 0
        /// Files in those that are committed, or entries where nothing was done.
        package var fileCount = 0
        /// Damaged containers, and those of other writers.
        package var skipped: [Left] = []
        /// Those of which it could not be found out what they are.
        package var unknown: [Left] = []
        /// Of all containers.
        package var highestEpoch = 0

        /// How the program ends.
        package var status: ExitStatus {
            (skipped.isEmpty ? ExitStatus.done : .partial).worse(unknown.isEmpty ? .done : .unavailable)
        }
    }

    let deployment: Deployment
    let isDryRun: Bool
    private let width: Int

    /// - Parameters:
    ///   - dryRun: nothing is written.
    ///   - width: shards that are worked on at a time.
    package init(_ deployment: Deployment, dryRun: Bool, width: Int = 4) {
        (self.deployment, isDryRun, self.width) = (deployment, dryRun, width)
    }

    /// Restores all days there are. What was restored before stays as it is.
    /// - Parameter progress: is told of each container that was worked on.
    /// - Throws: ``DESError/Code/conflict`` for a catalog that is in use or a store of another deployment; ``DESError`` if the
    ///   store cannot be listed; ``DatabaseError``.
    package func run(progress: @Sendable (Int) -> Void = { _ in }) async throws -> Report {
        try await deployment.checkRecord(isRequired: false)
        if !isDryRun, let obstacle = try await deployment.catalog.obstacleToRebuild() {
            throw DESError(
                .conflict, "the catalog is in use: \(obstacle); containers are restored into one that is made for it")
        }
        var report = Report()
        for day in try await deployment.listedDays().sorted() {
            try await restore(day, try await deployment.listing(of: day), &report, progress)
        }
        if !isDryRun {
            let known = try await deployment.catalog.highestEpoch()
            _ = try await deployment.catalog.raiseEpochs(to: max(report.highestEpoch, known))
        }
        return report
    }

    /// Each name belongs to one shard of one day, so shards know nothing of each other.
    private func restore(
        _ day: CalendarDay, _ listing: DayListing, _ report: inout Report, _ progress: @Sendable (Int) -> Void
    ) async throws {
        let counts = try await deployment.catalog.fileCounts(of: day) ?? []
        let countOf = Dictionary(counts.map { ($0.container, $0.count) }, uniquingKeysWith: +)
        let records = try await deployment.catalog.containers(of: day)
        let known = Dictionary(
            records.filter { $0.state == .committed }.map { ($0.id, ($0.entryCount, countOf[$0.id])) },
            uniquingKeysWith: { first, _ in first })
        let shards = Dictionary(grouping: listing.containers.values) { deployment.containerKey($0.key)?.shard }
        var next = shards.sorted { ($0.key?.number ?? -1) < ($1.key?.number ?? -1) }.makeIterator()
        try await inOrder(width: width) {
            next.next()?.value
        } produce: { objects in
            try await ShardRestoration(deployment: deployment, isDryRun: isDryRun).restore(objects) { id, layout in
                known[id].map { $0.0 == layout.entryCount && $0.1 == layout.entryCount } ?? false
            }
        } consume: { part in
            report.add(part)
            progress(report.containerCount + report.abandonedCount)
        }
    }
}

extension Rebuilder.Report {
    fileprivate mutating func add(_ other: Rebuilder.Report) {
        containerCount += other.containerCount
        alreadyCount += other.alreadyCount
        abandonedCount += other.abandonedCount
        fileCount += other.fileCount
        skipped += other.skipped
        unknown += other.unknown
        highestEpoch = max(highestEpoch, other.highestEpoch)
    }
}
