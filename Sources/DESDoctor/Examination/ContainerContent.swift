import DESCore
import DESStore

/// What a container says of itself and of its entries: INDEX and META, checked; no bodies.
struct ContainerContent: Sendable {
    var layout: ContainerLayout
    /// In the order of INDEX, each with where it came from.
    var entries: [(entry: Entry, source: EntrySource?)]

    /// Entries that are worked on at a time.
    static let batchCount = 4_096

    /// Reads it.
    /// - Throws: ``DESError``, as ``ContainerReader``; ``DESError/Code/corrupt`` if it is another container than `id`.
    init(_ source: any ByteSource, id: ContainerID) async throws {
        let reader = try await ContainerReader(source)
        try reader.check(is: id)
        let index = try await reader.index()
        layout = reader.layout
        entries = []
        entries.reserveCapacity(index.count)
        for batch in Array(index.indices).inBatches(of: ContainerContent.batchCount) {
            let part = batch.map { index[$0] }
            let metas = try await reader.metadata(of: part)
            entries += zip(part, metas).map { ($0, EntrySource($1)) }
        }
    }
}
