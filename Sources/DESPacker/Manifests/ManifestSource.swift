internal import DESCatalog
internal import DESCore
internal import DESStore

extension Manifest {
    /// The manifest of a container that was committed some time ago, made from the container itself.
    init(reading container: CommittedContainer, in store: any ObjectStore) async throws {
        let reader = try await ContainerReader(ObjectByteSource(store, key: container.key))
        let index = try await reader.index()
        var rows: [Row] = []
        rows.reserveCapacity(index.count)
        for start in stride(from: 0, to: index.count, by: 4_096) {
            let entries = (start..<min(start + 4_096, index.count)).map { index[$0] }
            let metas = try await reader.metadata(of: entries)
            for (entry, meta) in zip(entries, metas) {
                guard let crc = entry.location.bodyCRC else {
                    throw DESError(.unsupported, "has no checksums", place: store.place(container.key))
                }
                let place = BodyPlace(
                    offset: entry.isExternal ? 0 : entry.location.body.lowerBound, byteCount: entry.byteCount, crc: crc,
                    flags: entry.location.flags)
                rows.append(Row(name: entry.name.string, place: place, meta: meta.json.encoded))
            }
        }
        self.init(container: container, rows: rows)
    }
}
