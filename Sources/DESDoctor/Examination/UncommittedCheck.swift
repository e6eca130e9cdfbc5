import DESCatalog
import DESCore
import DESStore

/// A container that is in the store and was never committed, and what is to become of it.
struct Uncommitted: Sendable {
    var decision: AdoptionDecision
    /// As it says of itself.
    var record: ContainerRecord
    /// The version that was looked at.
    var etag: ETag
    /// With their rows, if it is to be adopted.
    var entries: [PackedEntry] = []
}

/// Looks at a container that was never committed. Nothing is changed.
struct UncommittedCheck: Sendable {
    let deployment: Deployment

    /// - Parameters:
    ///   - key: that of a container with an identity.
    ///   - info: the version that is looked at.
    /// - Throws: ``DatabaseError``, `CancellationError`.
    func examine(_ key: ContainerKey, _ id: ContainerID, _ info: ObjectInfo) async throws -> Uncommitted {
        var record = ContainerRecord(
            id: id, key: key.text, day: key.day, shard: key.shard, epoch: 0, state: .abandoned,
            byteCount: info.byteCount)
        let opened = try await deployment.look { try await ContainerContent(source(key, info), id: id) }
        guard let content = opened.value else {
            let reason = opened.reason ?? ""
            let decision: AdoptionDecision =
                if case .unknown = opened { .unknown(reason) } else { .keep("it cannot be read: \(reason)") }
            return Uncommitted(decision: decision, record: record, etag: info.etag)
        }
        (record.epoch, record.entryCount) = (Int(clamping: content.layout.epoch), content.entries.count)
        var tally = EntryTally()
        var (entries, copies): ([PackedEntry], [FileRecord]) = ([], [])
        for batch in content.entries.inBatches(of: ContainerContent.batchCount) {
            for (entry, fate) in zip(batch.map(\.entry), try await fates(batch, key)) {
                tally.add(entry.name, fate)
                switch fate {
                case .waiting(let rowID):
                    if let place = entry.place { entries.append(PackedEntry(rowID: rowID, entry.name, place)) }
                case .elsewhere(let file): copies.append(file)
                case .open: break
                }
            }
        }
        let decision = tally.decision
        let bodies: Evidence<Void> =
            switch decision {
            case .adopt: try await ownBodies(key, info, entries.count == content.entries.count)
            case .delete: try await OtherCopies(deployment: deployment, files: copies).evidence()
            case .keep, .unknown: .sound(())
            }
        let confirmed = decision.confirmed(by: bodies)
        return Uncommitted(
            decision: confirmed, record: record, etag: info.etag, entries: confirmed == .adopt ? entries : [])
    }

    private func fates(_ entries: [(entry: Entry, source: EntrySource?)], _ key: ContainerKey) async throws
        -> [EntryFate]
    {
        let files = try await deployment.catalog.files(named: entries.map(\.entry.name.string), of: key.day)
        let rows = try await deployment.catalog.queued(knownAs: entries.compactMap { $0.source?.identity })
        let fileOf = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let rowOf = Dictionary(
            rows.compactMap { row in row.name.map { ($0, row) } }, uniquingKeysWith: { first, _ in first })
        return entries.map { entry, source in
            let name = entry.name.string
            return EntryFate(
                entry.name, source, in: key, bits: deployment.layout.shardBits, row: rowOf[name], file: fileOf[name])
        }
    }

    /// Every byte of it is right.
    private func ownBodies(_ key: ContainerKey, _ info: ObjectInfo, _ hasChecksums: Bool) async throws -> Evidence<Void>
    {
        try await deployment.look {
            guard hasChecksums else { throw DESError(.unsupported, "has no checksums") }
            try await Verifier.check(source(key, info))
        }
    }

    /// The version that is looked at, read anew each time.
    private func source(_ key: ContainerKey, _ info: ObjectInfo) -> ObjectByteSource {
        ObjectByteSource(deployment.store, key: key.text, version: info.etag)
    }
}

extension PackedEntry {
    init(rowID: Int, _ name: EntryName, _ place: BodyPlace) {
        self.init(
            rowID: rowID, name: name.string, offset: place.offset, byteCount: place.byteCount,
            flags: place.flags.rawValue, crc: place.crc)
    }
}
