import DESCatalog
package import DESCore
import DESStore

extension RepairPlan {
    private static let type = "des-doctor-plan"

    /// As `des doctor --apply` takes it.
    package func json(of deployment: Deployment) -> JSON {
        PlanDocument(
            RepairPlan.type, of: deployment,
            [
                JSON.Member("grace_seconds", .integer(Int(grace / .seconds(1)))),
                JSON.Member("looked_at", counts.json),
                JSON.Member("findings", .array(findings.map(\.json))),
                JSON.Member("exit_status", .integer(Int(status.rawValue))),
            ]
        ).json
    }

    /// Reads a plan that is to be done.
    /// - Throws: ``DESError/Code/invalidArgument`` for what is no plan, ``DESError/Code/conflict`` for one that was edited, is
    ///   of another deployment, or older than `maxAge`.
    package init(parsing bytes: [UInt8], for deployment: Deployment, maxAge: Duration) throws(DESError) {
        let document = try PlanDocument(parsing: bytes, RepairPlan.type, for: deployment, maxAge: maxAge)
        guard let seconds = document["grace_seconds"]?.integerValue else {
            throw DESError(.invalidArgument, "is no plan: it has no \"grace_seconds\"")
        }
        grace = .seconds(seconds)
        findings = try document.list("findings") { Finding($0, deployment) }
    }
}

extension RepairPlan.Counts {
    fileprivate var json: JSON {
        .object([
            JSON.Member("days", .integer(days)), JSON.Member("containers", .integer(containers)),
            JSON.Member("entries", .integer(entries)), JSON.Member("bytes", .integer(bytes)),
            JSON.Member("young", .integer(young)), JSON.Member("in_work", .integer(inWork)),
            JSON.Member("earlier_layouts", .integer(earlier)), JSON.Member("other_objects", .integer(others)),
            JSON.Member("detached_days", .integer(detachedDays)),
        ])
    }
}

extension RepairPlan.Finding {
    fileprivate var json: JSON {
        .object([
            JSON.Member("kind", .string(kind.rawValue)),
            JSON.Member("container", .string(ifAny: container?.description)), JSON.Member("key", .string(key)),
            JSON.Member("detail", .string(detail)), JSON.Member("step", step?.json ?? .null),
        ])
    }

    fileprivate init?(_ json: JSON, _ deployment: Deployment) {
        guard let kind = json["kind"]?.stringValue.flatMap(Kind.init), let key = json["key"]?.stringValue else {
            return nil
        }
        let container = json["container"]?.stringValue
        self.init(
            kind, container: container.flatMap { ContainerID($0) }, key: key, json["detail"]?.stringValue ?? "")
        guard let step = json["step"], step != .null else { return }
        guard let key = deployment.containerKey(key), let id = key.id, id == self.container,
            let decoded = RepairPlan.Step(step, key, id)
        else { return nil }
        self.step = decoded
    }
}

extension RepairPlan.Step {
    fileprivate var json: JSON {
        .object([
            JSON.Member("action", .string(action.rawValue)), JSON.Member("epoch", .integer(container.epoch)),
            JSON.Member("etag", .string(ifAny: etag?.description)), JSON.Member("entries", .integer(entryCount)),
            JSON.Member("bytes", .integer(byteCount)),
            JSON.Member("entries_now", .integer(ifAny: container.entryCount)),
            JSON.Member("bytes_now", .integer(ifAny: container.byteCount)),
        ])
    }

    fileprivate init?(_ json: JSON, _ key: ContainerKey, _ id: ContainerID) {
        guard let action = json["action"]?.stringValue.flatMap(Action.init), let epoch = json["epoch"]?.integerValue,
            let entryCount = json["entries"]?.integerValue, let byteCount = json["bytes"]?.integerValue
        else { return nil }
        self.action = action
        etag = json["etag"]?.stringValue.map { ETag($0) }
        container = ContainerRecord(
            id: id, key: key.text, day: key.day, shard: key.shard, epoch: epoch,
            state: action == .correct ? .committed : .abandoned, entryCount: json["entries_now"]?.integerValue,
            byteCount: json["bytes_now"]?.integerValue)
        (self.entryCount, self.byteCount) = (entryCount, byteCount)
        // A delete or an adoption without a version could be of another object.
        guard action == .correct || etag != nil else { return nil }
    }
}
