import DESCatalog
import DESCore

/// Files as they are in committed containers: read, every byte of META and bodies, before something else is deleted that has them too.
struct OtherCopies: Sendable {
    let deployment: Deployment
    let files: [FileRecord]

    /// Whether all of them can be read, where the catalog says that they are.
    func evidence() async throws -> Evidence<Void> {
        let containers = Dictionary(grouping: files) { Place(key: $0.key ?? "", id: $0.container) }
        for (place, files) in containers.sorted(by: { $0.key.key < $1.key.key }) {
            for batch in files.inBatches(of: 4_096) {
                let evidence = try await deployment.look { try await read(batch, in: place) }
                guard case .sound = evidence else { return evidence }
            }
        }
        return .sound(())
    }

    private struct Place: Hashable {
        let key: String
        let id: ContainerID
    }

    private func read(_ files: [FileRecord], in place: Place) async throws {
        let reader = try await deployment.open(place.key)
        try reader.check(is: place.id)
        let names = try files.map { try EntryName($0.name) }
        let entries = try await reader.find(names)
        for (file, entry) in zip(files, entries) {
            guard entry?.place == file.place else {
                throw DESError(
                    .corrupt, "\(entry == nil ? "does not have" : "has elsewhere") the entry \"\(file.name)\"",
                    place: reader.name)
            }
        }
        let found = entries.compactMap { $0 }
        _ = try await reader.metadata(of: found)
        try await reader.checkBodies(of: found)
    }
}
