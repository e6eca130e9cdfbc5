import DESCatalog
package import DESCore
import DESStore

/// Does what a plan says, step by step, where what it rests on still holds.
package struct Repairer: Sendable {
    /// What has become of a step.
    package enum Outcome: Sendable, Hashable {
        /// It was done.
        case done
        /// It was done before.
        case already
        /// It was not done, as something is not as the plan says any more.
        case skipped(String)
        /// It was not done, or not to its end, as something failed. Again may help.
        case failed(String)

        /// How the program ends because of it.
        package var status: ExitStatus {
            switch self {
            case .done, .already: .done
            case .skipped: .partial
            case .failed: .unavailable
            }
        }
    }

    let deployment: Deployment
    /// Who leases shards.
    let holder: String
    private static let timeToLive = Duration.seconds(60)

    /// - Parameter holder: for those who look at leases.
    package init(_ deployment: Deployment, holder: String) { (self.deployment, self.holder) = (deployment, holder) }

    /// Does a step.
    /// - Throws: only what ends the whole work, such as `CancellationError`.
    package func apply(_ step: RepairPlan.Step, grace: Duration) async throws -> Outcome {
        do {
            switch step.action {
            case .correct: return try await correct(step)
            case .adopt: return try await adopt(step, grace)
            case .delete: return try await delete(step, grace)
            }
        } catch let refused as RepairRefused {
            return .skipped(refused.description)
        } catch CatalogError.leaseLost {
            return .skipped("somebody else has taken its shard")
        } catch let error as DatabaseError {
            return error.kind == .transient || error.kind == .disconnected
                ? .failed(error.description) : .skipped(error.description)
        } catch let error as DESError {
            return .failed(error.description)
        }
    }

    private func correct(_ step: RepairPlan.Step) async throws -> Outcome {
        let wrong = step.container
        let opened = try await deployment.look {
            let reader = try await deployment.open(wrong.key)
            try reader.check(is: wrong.id)
            return reader.layout
        }
        switch opened {
        case .unknown(let reason): return .failed(reason)
        case .missing(let reason), .damaged(let reason): return .skipped(reason)
        case .sound(let layout):
            guard layout.entryCount == step.entryCount, layout.byteCount == step.byteCount else {
                return .skipped("the container has other counts now")
            }
        }
        let records = try await deployment.catalog.containers(of: wrong.day)
        if let record = records.first(where: { $0.id == wrong.id }), record.state == .committed,
            record.entryCount == step.entryCount, record.byteCount == step.byteCount
        {
            return .already
        }
        try await deployment.catalog.correct(wrong, entryCount: step.entryCount, byteCount: step.byteCount)
        return .done
    }

    // MARK: Adopting

    private func adopt(_ step: RepairPlan.Step, _ grace: Duration) async throws -> Outcome {
        if try await deployment.catalog.state(of: step.container.id) == .committed { return .already }
        let found: Uncommitted
        switch try await again(step, grace) {
        case .left(let uncommitted): found = uncommitted
        case .over(let outcome): return outcome
        }
        guard case .adopt = found.decision else { return Repairer.outcome(of: found.decision) }
        guard
            let lease = try await deployment.catalog.acquire(
                found.record.shard, holder: holder, timeToLive: Repairer.timeToLive)
        else { return .skipped("somebody else has its shard: try again when no packer is at work there") }
        do {
            try await deployment.catalog.adopt(found.record, found.entries, lease)
        } catch let error as DatabaseError where error.kind == .disconnected {
            // It may have been done although nobody said so.
            guard try await deployment.catalog.state(of: found.record.id) == .committed else { throw error }
        } catch {
            try? await deployment.catalog.release(lease)
            throw error
        }
        try? await deployment.catalog.release(lease)
        return .done
    }

    // MARK: Deleting

    private func delete(_ step: RepairPlan.Step, _ grace: Duration) async throws -> Outcome {
        if case .over(let outcome) = try await presence(step, grace) { return outcome }
        // First nobody can commit it any more, and then it is looked at: what is seen then stays so.
        try await deployment.catalog.forbid(step.container)
        let found: Uncommitted
        switch try await again(step, grace) {
        case .left(let uncommitted): found = uncommitted
        case .over(let outcome): return outcome
        }
        guard case .delete = found.decision else { return Repairer.outcome(of: found.decision) }
        try await ObjectRemoval(deployment: deployment).remove(found.record.key)
        return .done
    }

    /// What a decision means that is not the one of the plan.
    private static func outcome(of decision: AdoptionDecision) -> Outcome {
        switch decision {
        case .adopt: .skipped("its rows wait by now: make a new plan")
        case .delete: .skipped("its entries are in other containers by now: make a new plan")
        case .keep(let reason): .skipped(reason)
        case .unknown(let reason): .failed(reason)
        }
    }

    // MARK: Looking again

    private enum Look<Value> {
        case left(Value)
        case over(Outcome)
    }

    /// The object is there, the same and old enough.
    private func presence(_ step: RepairPlan.Step, _ grace: Duration) async throws -> Look<ObjectInfo> {
        let head = try await deployment.look { try await deployment.store.head(step.container.key) }
        guard let info = head.value else {
            let reason = head.reason ?? ""
            if case .missing = head { return .over(step.action == .delete ? .already : .skipped(reason)) }
            return .over(.failed(reason))
        }
        guard info.etag == step.etag, info.byteCount == step.byteCount else {
            return .over(.skipped("the object is another one now"))
        }
        let now = try await deployment.catalog.identity().now
        guard UncommittedAge(of: step.container.id, info, grace: grace, now: now) == .old else {
            return .over(.skipped("it is not old enough"))
        }
        return .left(info)
    }

    /// Everything that the plan rests on, looked at once more.
    private func again(_ step: RepairPlan.Step, _ grace: Duration) async throws -> Look<Uncommitted> {
        switch try await presence(step, grace) {
        case .over(let outcome): return .over(outcome)
        case .left(let info):
            guard let key = deployment.containerKey(step.container.key), let id = key.id, id == step.container.id else {
                return .over(.skipped("its key is none of this deployment"))
            }
            return .left(try await UncommittedCheck(deployment: deployment).examine(key, id, info))
        }
    }
}
