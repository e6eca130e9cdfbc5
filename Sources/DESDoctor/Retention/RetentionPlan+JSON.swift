import DESCatalog
package import DESCore

extension RetentionPlan {
    private static let type = "des-retention-plan"

    /// As `des retention --apply` takes it.
    package func json(of deployment: Deployment) -> JSON {
        PlanDocument(
            RetentionPlan.type, of: deployment,
            [JSON.Member("days", .array(days.map(\.json))), JSON.Member("left", .array(left.map(\.json)))]
        ).json
    }

    /// Reads a plan that is to be done.
    /// - Throws: ``DESError/Code/invalidArgument`` for what is no plan, ``DESError/Code/conflict`` for one that was edited, is
    ///   of another deployment, or older than `maxAge`.
    package init(parsing bytes: [UInt8], for deployment: Deployment, maxAge: Duration) throws(DESError) {
        let document = try PlanDocument(parsing: bytes, RetentionPlan.type, for: deployment, maxAge: maxAge)
        days = try document.list("days") { Day($0, deployment) }
    }
}

extension RetentionPlan.Left {
    fileprivate var json: JSON {
        .object([JSON.Member("day", .string(day.description)), JSON.Member("reason", .string(reason))])
    }
}

extension RetentionPlan.Day {
    fileprivate var json: JSON {
        .object([
            JSON.Member("day", .string(day.description)), JSON.Member("files", .integer(fileCount)),
            JSON.Member("bytes", .integer(byteCount)),
            JSON.Member(
                "containers",
                .array(
                    containers.map { container in
                        .object([
                            JSON.Member("key", .string(container.key)),
                            JSON.Member("state", .string(container.state.rawValue)),
                            JSON.Member("entries", .integer(ifAny: container.entryCount)),
                            JSON.Member("bytes", .integer(ifAny: container.byteCount)),
                        ])
                    })),
        ])
    }

    fileprivate init?(_ json: JSON, _ deployment: Deployment) {
        guard let day = json["day"]?.stringValue.flatMap({ CalendarDay($0) }),
            let fileCount = json["files"]?.integerValue, let values = json["containers"]?.elements
        else { return nil }
        let containers = values.compactMap { value -> ContainerRecord? in
            guard let key = value["key"]?.stringValue.flatMap({ deployment.containerKey($0) }), key.day == day,
                let id = key.id, let state = value["state"]?.stringValue.flatMap(ContainerState.init)
            else { return nil }
            return ContainerRecord(
                id: id, key: key.text, day: day, shard: key.shard, epoch: 0, state: state,
                entryCount: value["entries"]?.integerValue, byteCount: value["bytes"]?.integerValue)
        }
        guard containers.count == values.count else { return nil }
        (self.day, self.fileCount, self.containers) = (day, fileCount, containers)
    }
}
