import DESCatalog
import DESCore

/// Takes a day out: first of the catalog, in one transaction, then its objects. Killed in between, the same again goes on: the
/// catalog keeps a container as abandoned until its object is gone.
package struct DayRemoval: Sendable {
    let deployment: Deployment

    /// Of one deployment.
    package init(_ deployment: Deployment) { self.deployment = deployment }

    /// Takes out a day of a plan.
    /// - Throws: only what ends the whole work, such as `CancellationError`.
    package func remove(_ day: RetentionPlan.Day) async throws -> Repairer.Outcome {
        do {
            try await deployment.catalog.retire(day.day, day.containers.map(\.id))
            var count = 0
            for container in day.containers where try await isAbandoned(container) {
                let removal = ObjectRemoval(deployment: deployment)
                try await removal.removeManifests(container.key)
                try await removal.remove(container.key)
                try await deployment.catalog.forget(container.id)
                count += 1
            }
            return count == 0 && day.fileCount == 0 ? .already : .done
        } catch let refused as RepairRefused {
            return .skipped(refused.description)
        } catch let error as DatabaseError {
            return error.kind == .transient || error.kind == .disconnected
                ? .failed(error.description) : .skipped(error.description)
        } catch let error as DESError {
            return .failed(error.description)
        }
    }

    /// The catalog still has it, and nobody can read anything by it. One that it does not have any more was removed before.
    private func isAbandoned(_ container: ContainerRecord) async throws -> Bool {
        try await deployment.catalog.state(of: container.id) == .abandoned
    }
}
