internal import DESCore
internal import DESStore
internal import Synchronization

/// A writer that several threads use, one at a time, and the spool that it writes to. Its calls block.
final class SharedWriter: Sendable {
    let spool: any ObjectSpool
    private let writer: Mutex<ContainerWriter?>

    init(_ spool: any ObjectSpool, _ options: ContainerWriter.Options) throws {
        self.spool = spool
        writer = Mutex(try ContainerWriter(to: spool, options: options))
    }

    /// Bytes so far.
    var dataEnd: Int { writer.withLock { $0?.dataEnd ?? 0 } }

    /// Appends a batch.
    /// - Returns: where each body lies; `nil` for a name that is there already.
    func append(_ batch: EntryBatch) throws -> [BodyPlace?] {
        var places = [BodyPlace?](repeating: nil, count: batch.count)
        _ = try writer.withLock { try $0?.append(batch) { position, place in places[position] = place } }
        return places
    }

    /// Lets a body be appended piece by piece.
    func withWriter<T>(_ body: (inout ContainerWriter) throws -> sending T) throws -> sending T {
        try writer.withLock { writer in
            guard var taken = writer.take() else { throw SharedWriter.over }
            do {
                let result = try body(&taken)
                writer = consume taken
                return result
            } catch {
                writer = consume taken
                throw error
            }
        }
    }

    func seal() throws -> SealedContainer {
        guard let writer = writer.withLock({ $0.take() }) else { throw SharedWriter.over }
        return SealedContainer(spool: spool, byteCount: try writer.seal().byteCount)
    }

    func abandon() { spool.abandon() }

    private static let over = DESError(.unavailable, "the container is already sealed")
}

/// A whole container in its spool.
struct SealedContainer: Sendable {
    let spool: any ObjectSpool
    /// Of the object.
    let byteCount: Int
}
