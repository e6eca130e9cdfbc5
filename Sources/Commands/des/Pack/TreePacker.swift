import DESConsole
import DESCore
import Glibc
import Synchronization

/// Packs what a walk finds: several threads read files, each appends its batch when it is its turn.
///
/// Memory: at most ``width`` batches of up to ``FileReader/bodyByteCountMax``, and one more.
final class TreePacker: Sendable {
    /// What was packed.
    struct Summary: Sendable {
        var container: ContainerWriter.Summary
        /// Inputs that were reported and left out.
        var leftOutCount: Int
    }

    /// One batch for each core, and one that the writer has.
    private static let width = sysconf(Int32(_SC_NPROCESSORS_ONLN)) + 1
    /// Of its own: a sink blocks until the store has taken what came before, and stores work on the shared threads.
    private static let threads = BlockingPool(threadCount: width)
    /// A batch of files of a few KiB then fits the second-level cache of a core, from reading to writing.
    private static let itemsPerBatchMax = 64

    /// Files of the next batch. Fewer where they are larger: what is too much for one batch is read when its turn has
    /// come, by one thread while the others wait.
    private let itemsPerBatch = Atomic(TreePacker.itemsPerBatchMax)
    private let writer: Mutex<ContainerWriter?>
    private let reader: FileReader
    private let progress: Progress
    private let faults: Faults

    init(
        _ writer: consuming sending ContainerWriter, _ reader: FileReader, faults: Faults, progress: Progress
    ) {
        self.writer = Mutex(writer)
        self.reader = reader
        (self.faults, self.progress) = (faults, progress)
    }

    /// Packs everything in the order of the walk and seals the container.
    func pack(_ walk: TreeWalk) async throws -> Summary {
        let walk = Mutex(walk)
        try await append { count in walk.withLock { $0.next(count) } }
        return try await seal()
    }

    /// Packs everything in the order of INDEX, small files first, and seals: a clustered container.
    func packClustered(_ walk: TreeWalk) async throws -> Summary {
        let items = try await BlockingPool.shared.run { [faults] in ClusteredOrder.items(walk, faults) }
        progress.expect(files: items.count)
        try await append(items) { $0 }
        return try await seal()
    }

    /// Packs the items that `item` makes of `elements`, in their order.
    /// - Returns: the writer, not sealed.
    func pack<Element: Sendable>(
        _ elements: [Element], _ item: @escaping @Sendable (Element) -> WalkItem
    ) async throws -> sending ContainerWriter {
        try await append(elements, item)
        return try takeWriter()
    }

    private func append<Element: Sendable>(
        _ elements: [Element], _ item: @escaping @Sendable (Element) -> WalkItem
    ) async throws {
        let rest = Mutex(elements[...])
        try await append { count in
            rest.withLock { rest in
                defer { rest = rest.dropFirst(count) }
                return rest.prefix(count).map(item)
            }
        }
    }

    private func append(_ next: @escaping @Sendable (Int) -> [WalkItem]) async throws {
        try await TreePacker.threads.assemble(
            width: TreePacker.width,
            next: {
                let items = next(self.itemsPerBatch.load(ordering: .relaxed))
                return items.isEmpty ? nil : items[...]
            },
            produce: { items in
                let parts = self.reader.read(items)
                let count = items.count - TreePacker.rest(of: parts).count
                // What fitted this time; twice that if all did.
                self.itemsPerBatch.store(
                    count < items.count ? count : min(2 * count, TreePacker.itemsPerBatchMax), ordering: .relaxed)
                return parts
            },
            consume: { parts in
                for part in parts { try self.append(part) }
                var rest = TreePacker.rest(of: parts)
                while !rest.isEmpty {
                    let parts = self.reader.read(rest)
                    for part in parts { try self.append(part) }
                    rest = TreePacker.rest(of: parts)
                }
            })
    }

    private static func rest(of parts: [FileReader.Part]) -> ArraySlice<WalkItem> {
        if case .rest(let items) = parts.last { items } else { [] }
    }

    private func append(_ part: FileReader.Part) throws {
        switch part {
        case .fault(let error): faults.report(error)
        case .itself(let item): faults.note("des: \(item.fullPath): is the container itself, not packed")
        case .large(let item): try appendLarge(item)
        case .rest: break  // read in its turn, by who has this one
        case .batch(let files):
            let duplicates = try writer.withLock { try $0?.append(files.entries) ?? [] }
            for position in duplicates { faults.report(TreePacker.duplicate(files[position])) }
            progress.add(files: files.count - duplicates.count, bytes: files.entries.bodyByteCount)
        }
    }

    private static func duplicate(_ item: WalkItem) -> DESError {
        DESError(.conflict, "left out: another input already has the name \(item.name.quoted)").at(item)
    }

    private func appendLarge(_ item: WalkItem) throws {
        do {
            let file = try FileReader.open(item)
            let status = try FileReader.status(of: file)
            let meta = reader.meta(of: item, status)
            var position = 0
            try writer.withLock {
                try $0?.append(item.name, meta: meta.encode, byteCount: status.st_size) { buffer in
                    let count = try file.read(into: buffer, at: position)
                    position += count
                    if count == 0 { throw FileReader.changed }
                    if position == status.st_size {
                        let after = try file.status()
                        guard after.st_size == status.st_size else { throw FileReader.changed }
                    }
                    return count
                }
            }
            progress.add(files: 1, bytes: status.st_size)
        } catch let error as DESError where writer.withLock({ $0?.isUsable ?? false }) {
            faults.report(error.at(item))
        }
    }

    private func seal() async throws -> Summary {
        let container = try await TreePacker.threads.run {
            try self.takeWriter().seal()
        }
        return Summary(container: container, leftOutCount: faults.count)
    }

    private func takeWriter() throws -> sending ContainerWriter {
        guard let writer = writer.withLock({ $0.take() }) else {
            throw DESError(.unavailable, "the container is already sealed")
        }
        return writer
    }
}

/// Reports inputs that are left out, and counts them.
final class Faults: Sendable {
    private let console: Console
    private let total = Mutex(0)

    init(_ console: Console) { self.console = console }

    /// Inputs left out so far.
    var count: Int { total.withLock { $0 } }

    /// Says something that is no fault.
    func note(_ line: String) { console.note(line.escapingControlCharacters) }

    func report(_ error: DESError) {
        total.withLock { $0 += 1 }
        console.report(error)
    }
}

/// The order of a clustered container: small files by (key, name), then the large ones.
enum ClusteredOrder {
    /// Everything the walk finds, in that order. All names are in memory at once.
    static func items(_ walk: TreeWalk, _ faults: Faults) -> [WalkItem] {
        var small: [(key: EntryKey, item: WalkItem)] = []
        var large: [(key: EntryKey, item: WalkItem)] = []
        walk.forEach(faults) { item, byteCount in
            if byteCount < Limits.smallBodyByteCountMax {
                small.append((item.name.key, item))
            } else {
                large.append((item.name.key, item))
            }
        }
        return (sorted(small) + sorted(large)).map(\.item)
    }

    private static func sorted(_ items: [(key: EntryKey, item: WalkItem)]) -> [(key: EntryKey, item: WalkItem)] {
        items.sorted { ($0.key, $0.item.name) < ($1.key, $1.item.name) }
    }
}
