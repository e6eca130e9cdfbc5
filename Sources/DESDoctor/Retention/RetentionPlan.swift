package import DESCatalog
package import DESCore

/// Whole days that are to go, with everything that goes with them. Nothing is done by making it.
package struct RetentionPlan: Sendable, Hashable {
    /// A day that is to go.
    package struct Day: Sendable, Hashable {
        /// Of the names.
        package var day: CalendarDay
        /// Files that are not found any more then.
        package var fileCount: Int
        /// Containers whose objects are deleted, abandoned ones too: nobody needs what is in them.
        package var containers: [ContainerRecord]

        /// Bytes of the containers, without bodies outside.
        package var byteCount: Int { containers.reduce(0) { $0 + ($1.byteCount ?? 0) } }
    }

    /// A day that is old enough, and stays.
    package struct Left: Sendable, Hashable {
        /// Of the names.
        package var day: CalendarDay
        /// Why it stays.
        package var reason: String
    }

    /// Ascending.
    package var days: [Day] = []
    /// Ascending.
    package var left: [Left] = []

    /// Plans to take out all days that ended before that.
    /// - Throws: ``DESError`` if the store is another one's, or does not say whose; ``DatabaseError``.
    package init(_ deployment: Deployment, olderThan age: Duration) async throws {
        try await deployment.checkRecord()
        for expired in try await deployment.catalog.expired(after: age) {
            if let reason = RetentionPlan.obstacle(to: expired, deployment) {
                left.append(Left(day: expired.day, reason: reason))
            } else if expired.fileCount > 0 || !expired.containers.isEmpty {
                days.append(
                    Day(day: expired.day, fileCount: expired.fileCount, containers: expired.containers))
            }
        }
    }

    private static func obstacle(to expired: ExpiredDay, _ deployment: Deployment) -> String? {
        if expired.queuedCount > 0 { return "\(expired.queuedCount) rows of it are in the queue" }
        for record in expired.containers {
            guard record.state == .committed || record.state == .abandoned else {
                return "the container \(record.id) is being written"
            }
            guard let key = deployment.containerKey(record.key), key.day == expired.day, key.id == record.id else {
                return "the container \(record.id) has a key that is none of this deployment"
            }
        }
        return nil
    }
}
