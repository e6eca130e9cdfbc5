import DESCatalog
package import DESCore
import DESStore

/// Makes sure that no epoch is given a second time: after a backup of the database was put back, containers have higher ones
/// than it knows of, and writers from before could come back with one of them.
package struct EpochFence: Sendable {
    /// What was found.
    package struct Report: Sendable, Hashable {
        /// Containers that were opened.
        package var containerCount = 0
        /// Of these containers.
        package var highestEpoch = 0
        /// The last epoch that counts as given now.
        package var lastEpoch = 0
        /// Keys of those that cannot be opened, with the reason.
        package var unread: [Rebuilder.Report.Left] = []
        /// Some of these may well be opened another time.
        package var isIncomplete = false

        /// How the program ends.
        package var status: ExitStatus { isIncomplete ? .unavailable : unread.isEmpty ? .done : .partial }
    }

    let deployment: Deployment
    let isDryRun: Bool
    private static let width = 16

    /// - Parameter dryRun: nothing is written.
    package init(_ deployment: Deployment, dryRun: Bool) { (self.deployment, isDryRun) = (deployment, dryRun) }

    /// Opens every container, and raises the sequence of epochs above theirs.
    /// - Throws: ``DESError`` if the store is another one's or cannot be listed; ``DatabaseError``.
    package func run(progress: @Sendable (Int) -> Void = { _ in }) async throws -> Report {
        try await deployment.checkRecord(isRequired: false)
        var report = Report()
        for day in try await deployment.listedDays().sorted() {
            let listing = try await deployment.listing(of: day)
            var next = listing.containers.values.map(\.key).sorted().makeIterator()
            try await inOrder(width: EpochFence.width) {
                next.next()
            } produce: { key in
                (key, try await deployment.look { try await deployment.open(key).layout })
            } consume: { key, opened in
                if let layout = opened.value {
                    report.containerCount += 1
                    report.highestEpoch = max(report.highestEpoch, Int(clamping: layout.epoch))
                    progress(report.containerCount)
                } else {
                    report.unread.append(Rebuilder.Report.Left(key: key, reason: opened.reason ?? ""))
                    if case .unknown = opened { report.isIncomplete = true }
                }
            }
        }
        let known = try await deployment.catalog.highestEpoch()
        report.lastEpoch = max(report.highestEpoch, known)
        if !isDryRun { report.lastEpoch = try await deployment.catalog.raiseEpochs(to: report.lastEpoch) }
        return report
    }
}
