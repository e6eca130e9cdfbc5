import DESCatalog
import DESCore
import DESStore

/// Compares a catalog with its store and the containers in it, and changes nothing.
package struct Doctor: Sendable {
    /// How it looks.
    package struct Options: Sendable {
        /// Uncommitted objects that are younger are left alone: somebody may be about to commit them.
        package var grace = Duration.seconds(86_400)
        /// Whether every body of committed containers is read.
        package var readsData = false
        /// Containers that are looked at at a time.
        package var width = 4

        /// The defaults.
        package init() {}
    }

    let deployment: Deployment
    let options: Options

    /// Looks at a deployment.
    package init(_ deployment: Deployment, options: Options = Options()) {
        (self.deployment, self.options) = (deployment, options)
    }

    /// Days in a row that could not be listed, after which no other is tried.
    private static let failureCountMax = 3

    /// Looks at everything.
    /// - Throws: ``DESError`` if the store is another one's, or does not say whose; ``DatabaseError``.
    package func examine() async throws -> RepairPlan {
        try await deployment.checkRecord()
        var plan = RepairPlan(grace: options.grace)
        let listed = try await deployment.look { try await deployment.listedDays() }
        guard let listed = listed.value else {
            let place = deployment.store.place(deployment.root)
            plan.findings = [RepairPlan.Finding(.unknown, key: place, listed.reason ?? "")]
            return plan
        }
        var failureCount = 0
        for day in listed.union(try await deployment.catalog.days()).sorted() {
            let place = ContainerKey.dayPrefix(deployment.layout.keyPrefix, day)
            guard failureCount < Doctor.failureCountMax else {
                let reason = "the store does not answer: this day and those after it were not looked at"
                plan.findings.append(RepairPlan.Finding(.unknown, key: place, reason))
                break
            }
            plan.counts.days += 1
            let listing = try await deployment.look { try await deployment.listing(of: day) }
            guard let listing = listing.value else {
                failureCount += 1
                plan.findings.append(RepairPlan.Finding(.unknown, key: place, listing.reason ?? ""))
                continue
            }
            failureCount = 0
            try await examine(day, listing, &plan)
        }
        return plan
    }

    /// The objects were listed before: a container that is committed meanwhile is one that the listing does not have.
    private func examine(_ day: CalendarDay, _ listing: DayListing, _ plan: inout RepairPlan) async throws {
        let counts = try await deployment.catalog.fileCounts(of: day)
        let records = try await deployment.catalog.containers(of: day)
        if counts == nil, records.contains(where: { $0.state == .committed }) { plan.counts.detachedDays += 1 }
        plan.counts.others += listing.otherCount
        var objects = listing.containers
        var committed: [(record: ContainerRecord, isListed: Bool)] = []
        for record in records where record.state == .committed {
            let key = deployment.containerKey(record.key)
            committed.append((record, key.flatMap { objects.removeValue(forKey: $0) } != nil))
            plan.counts.containers += 1
            plan.counts.entries += record.entryCount ?? 0
            plan.counts.bytes += record.byteCount ?? 0
        }
        var found = strayRows(counts ?? [], ContainerKey.dayPrefix(deployment.layout.keyPrefix, day))
        let countOf = Dictionary((counts ?? []).map { ($0.container, $0.count) }, uniquingKeysWith: +)
        let check = CommittedCheck(deployment: deployment, readsData: options.readsData)
        var next = committed.makeIterator()
        try await inOrder(width: options.width) {
            next.next()
        } produce: { container in
            try await check.examine(
                container.record, listed: container.isListed,
                rowCount: counts == nil ? nil : countOf[container.record.id] ?? 0)
        } consume: {
            found += $0
        }
        found += try await uncommitted(objects, records, &plan.counts)
        plan.findings += found.sorted { ($0.key, $0.kind.rawValue) < ($1.key, $1.kind.rawValue) }
    }

    private func strayRows(_ counts: [FileCount], _ place: String) -> [RepairPlan.Finding] {
        counts.filter { $0.state != .committed }.map { count in
            RepairPlan.Finding(
                .rowsWithoutContainer, container: count.container, key: place,
                "\(count.count) rows name the container \(count.container), which is "
                    + (count.state?.rawValue ?? "not in the catalog"))
        }
    }

    private func uncommitted(
        _ objects: [ContainerKey: ObjectInfo], _ records: [ContainerRecord], _ counts: inout RepairPlan.Counts
    ) async throws -> [RepairPlan.Finding] {
        let recordOf = Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var found: [RepairPlan.Finding] = []
        var candidates: [(key: ContainerKey, id: ContainerID, info: ObjectInfo)] = []
        for (key, info) in objects.sorted(by: { $0.value.key < $1.value.key }) {
            guard let id = key.id else {
                counts.earlier += 1
                continue
            }
            let record = recordOf[id]
            let place = RepairPlan.Finding(.uncommitted, container: id, key: info.key, "")
            switch UncommittedAge(of: id, info, grace: options.grace, now: deployment.identity.now) {
            case _ where record?.isInWork == true: counts.inWork += 1
            case .young: counts.young += 1
            case .timeless: found.append(place.with("its identity does not say when it was made: it stays"))
            case .old:
                if let record, record.key != info.key {
                    found.append(place.with("another object, \(record.key), has its identity: it stays"))
                } else if record?.state == .writing || record?.state == .uploaded {
                    found.append(
                        RepairPlan.Finding(
                            .stalled, container: id, key: info.key,
                            "whoever wrote it is gone: the next packer that takes its shard gives it up"))
                } else {
                    candidates.append((key, id, info))
                }
            }
        }
        let check = UncommittedCheck(deployment: deployment)
        var seen: [Uncommitted] = []
        var next = candidates.makeIterator()
        try await inOrder(width: options.width) {
            next.next()
        } produce: { object in
            try await check.examine(object.key, object.id, object.info)
        } consume: {
            seen.append($0)
        }
        return found + AdoptionOrder.findings(seen)
    }
}

extension RepairPlan.Finding {
    /// With other words.
    fileprivate func with(_ detail: String) -> RepairPlan.Finding {
        var finding = self
        finding.detail = detail
        return finding
    }
}
