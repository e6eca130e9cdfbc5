import DESCatalog
import DESCore
import DESStore

/// Restores the containers of one day and shard: the highest epoch first, then the lowest id, as names go to that one.
struct ShardRestoration: Sendable {
    typealias Report = Rebuilder.Report

    let deployment: Deployment
    let isDryRun: Bool

    /// - Parameter isKnown: whether the catalog has a container with all its files.
    /// - Throws: ``DatabaseError``, `CancellationError`.
    func restore(
        _ objects: [ObjectInfo], _ isKnown: (ContainerID, ContainerLayout) -> Bool
    ) async throws -> Report {
        var report = Report()
        var found: [(key: ContainerKey, id: ContainerID, layout: ContainerLayout)] = []
        for object in objects.sorted(by: { $0.key < $1.key }) {
            guard let key = deployment.containerKey(object.key), let id = key.id else {
                report.skipped.append(
                    Report.Left(key: object.key, reason: "a key of an earlier layout: it has no identity"))
                continue
            }
            let opened = try await deployment.look { try await deployment.open(object.key).layout }
            switch opened {
            case .sound(let layout):
                report.highestEpoch = max(report.highestEpoch, Int(clamping: layout.epoch))
                found.append((key, id, layout))
            case .unknown(let reason): report.unknown.append(Report.Left(key: object.key, reason: reason))
            case .damaged(let reason), .missing(let reason):
                report.skipped.append(Report.Left(key: object.key, reason: reason))
            }
        }
        // One that cannot be opened now may have the higher epoch: nobody knows which of the others keep their names.
        guard report.unknown.isEmpty else {
            let reason = "another container of its day and shard could not be opened"
            report.unknown += found.map { Report.Left(key: $0.key.text, reason: reason) }
            return report
        }
        found.sort { a, b in
            a.layout.epoch != b.layout.epoch
                ? a.layout.epoch > b.layout.epoch : a.id.description < b.id.description
        }
        for (key, id, layout) in found {
            if isKnown(id, layout) {
                report.containerCount += 1
                report.alreadyCount += 1
                report.fileCount += layout.entryCount
            } else if try await !restore(key, id, &report) {
                break
            }
        }
        return report
    }

    /// - Returns: whether the following ones may be restored as well.
    private func restore(_ key: ContainerKey, _ id: ContainerID, _ report: inout Report) async throws -> Bool {
        let content = try await deployment.look {
            try await ContainerContent(ObjectByteSource(deployment.store, key: key.text), id: id)
        }
        guard let content = content.value else {
            let left = Report.Left(key: key.text, reason: content.reason ?? "")
            if case .unknown = content {
                report.unknown.append(left)
                return false
            }
            report.skipped.append(left)
            return true
        }
        var files: [RestoredFile] = []
        files.reserveCapacity(content.entries.count)
        for (entry, source) in content.entries {
            guard let file = RestoredFile(entry, source, in: key, bits: deployment.layout.shardBits) else {
                let reason =
                    "the entry \(entry.name.quoted) is of another writer: its name, source or checksum is none of ours"
                report.skipped.append(Report.Left(key: key.text, reason: reason))
                return true
            }
            files.append(file)
        }
        let record = ContainerRecord(
            id: id, key: key.text, day: key.day, shard: key.shard, epoch: Int(clamping: content.layout.epoch),
            state: .committed, entryCount: files.count, byteCount: content.layout.byteCount)
        let count = isDryRun ? files.count : try await deployment.catalog.restore(record, files)
        if count == 0, !files.isEmpty {
            report.abandonedCount += 1
        } else {
            report.containerCount += 1
            report.fileCount += count
        }
        return true
    }
}

extension RestoredFile {
    /// `nil` for an entry that no packer of this deployment has written.
    fileprivate init?(_ entry: Entry, _ source: EntrySource?, in key: ContainerKey, bits: ShardBits) {
        guard let source, let place = entry.place, let name = try? DESName(entry.name.string), name.day == key.day,
            name.shard(bits: bits) == key.shard
        else { return nil }
        self.init(name: entry.name.string, source: source.source, sourceID: source.sourceID, place: place)
    }
}
