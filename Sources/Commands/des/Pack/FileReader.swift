import DESCore
import Glibc

/// Reads files of the tree into batches, on any thread. A file that cannot be read whole is reported and left out.
struct FileReader: Sendable {
    let meta: MetaFile
    let own: OwnOutput
    /// Whether META says where a file comes from.
    var keepsSources = false

    /// A part of the container, in order.
    enum Part: Sendable {
        case batch(Files)
        /// A file that is streamed when its turn comes: it is too large to be held.
        case large(WalkItem)
        /// The container itself, which is not packed into itself.
        case itself(WalkItem)
        /// A file that was left out, and why.
        case fault(DESError)
        /// Files that are not read yet: no more can be held.
        case rest(ArraySlice<WalkItem>)
    }

    /// Files that were read, each with where it came from.
    struct Files: Sendable {
        fileprivate(set) var entries: EntryBatch
        /// What was to be read, and where in it each entry comes from.
        private let items: ArraySlice<WalkItem>
        private var positions: [Int] = []

        fileprivate init(_ items: ArraySlice<WalkItem>) {
            self.items = items
            entries = EntryBatch(entryCapacity: items.count, bodyCapacity: FileReader.bodyByteCountMax)
            positions.reserveCapacity(items.count)
        }

        var count: Int { positions.count }

        /// Where the entry at `position` comes from.
        subscript(position: Int) -> WalkItem { items[positions[position]] }

        fileprivate mutating func added(_ position: Int) { positions.append(position) }
    }

    /// Files of this size and more are streamed by the writer.
    static let largeByteCountMin = 256 << 10

    /// Bytes of bodies that one call holds: with 64 cores their sum stays small.
    static let bodyByteCountMax = 1 << 20

    /// The parts for `items`, in their order.
    func read(_ items: ArraySlice<WalkItem>) -> [Part] {
        var parts: [Part] = []
        var files = Files(items)
        var heldByteCount = 0  // in the batches that are done
        func endBatch() {
            if files.count == 0 { return }
            heldByteCount += files.entries.bodyByteCount
            parts.append(.batch(files))
            files = Files(items)
        }
        for (position, item) in zip(items.indices, items) {
            do throws(DESError) {
                let room = FileReader.bodyByteCountMax - heldByteCount - files.entries.bodyByteCount
                switch try append(item, to: &files.entries, room: room) {
                case .isIn: files.added(position)
                case .isItself: parts.append(.itself(item))
                case .isLarge:
                    endBatch()
                    parts.append(.large(item))
                case .isTooMuch:
                    endBatch()
                    return parts + [.rest(items[position...])]
                }
            } catch {
                parts.append(.fault(error.at(item)))
            }
        }
        endBatch()
        return parts
    }

    private enum Appended {
        case isIn, isLarge, isItself, isTooMuch
    }

    /// Adds the file to the batch, unless it is a large one, the container itself, or larger than `room`.
    private func append(_ item: WalkItem, to batch: inout EntryBatch, room: Int) throws(DESError) -> Appended {
        switch item.kind {
        case .file: return try appendFile(item, to: &batch, room: room)
        case .symlink: return try appendLink(item, to: &batch)
        case .emptyDirectory: return try appendDirectory(item, to: &batch)
        }
    }

    /// Opens a file of the tree without following a link or waiting for the other end of a pipe.
    static func open(_ item: WalkItem) throws(DESError) -> FileDescriptor {
        try open(item, O_RDONLY | O_NONBLOCK)
    }

    private static func open(_ item: WalkItem, _ flags: Int32) throws(DESError) -> FileDescriptor {
        try FileDescriptor(opening: item.path, below: item.tree.descriptor, flags, failing: "left out")
    }

    /// The status of a file of the tree that is open; it must still be a file.
    static func status(of file: borrowing FileDescriptor) throws(DESError) -> stat {
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DESError(.conflict, "left out: it was a file and is no longer one", place: file.path)
        }
        return status
    }

    private func appendFile(_ item: WalkItem, to batch: inout EntryBatch, room: Int) throws(DESError) -> Appended {
        let file = try FileReader.open(item)
        let status = try FileReader.status(of: file)
        if own.contains(item, status) { return .isItself }
        if status.st_size >= FileReader.largeByteCountMin { return .isLarge }
        if status.st_size > room { return .isTooMuch }
        let meta = meta(of: item, status)
        // One byte more than the size, so that the read that fills it also shows whether the file has grown.
        _ = try batch.append(
            item.name, meta: meta.encode, bodyByteCountMax: status.st_size + 1,
            read: { buffer throws(DESError) in
                let count = try file.readOnce(into: buffer)
                guard count == status.st_size else { throw FileReader.changed }
                return count
            })
        return .isIn
    }

    /// META of a file, of which `status` was found. The user speaks of it by its path.
    func meta(of item: WalkItem, _ status: stat) -> FileMeta {
        FileMeta(
            kind: Metadata.Kind(item.kind), status: status, user: meta[item.path], path: item.path,
            source: keepsSources ? item.fullPath : nil)
    }

    static var changed: DESError {
        DESError(.conflict, "left out: its size changed while it was read")
    }

    private func appendLink(_ item: WalkItem, to batch: inout EntryBatch) throws(DESError) -> Appended {
        // The link itself: what is asked of the descriptor is about what was opened, whatever has its name now.
        let link = try FileReader.open(item, FileDescriptor.placeOnly)
        let status = try link.status()
        guard status.st_mode & S_IFMT == S_IFLNK else {
            throw DESError(.conflict, "left out: it was a link and is no longer one")
        }
        if own.contains(item, status) { return .isItself }
        let meta = meta(of: item, status)
        _ = try batch.append(
            item.name, meta: meta.encode, bodyByteCountMax: Int(PATH_MAX),
            read: { buffer throws(DESError) in
                guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
                let count = readlinkat(link.rawValue, "", start, buffer.count)
                guard count >= 0 else { throw .system(errno, "left out", item.path) }
                let target = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                guard String(validating: target, as: UTF8.self) != nil else {
                    throw DESError(.invalidArgument, "left out: the target of the link is not UTF-8")
                }
                return count
            })
        return .isIn
    }

    private func appendDirectory(_ item: WalkItem, to batch: inout EntryBatch) throws(DESError) -> Appended {
        let status = try FileReader.open(item, FileDescriptor.placeOnly | O_DIRECTORY).status()
        let meta = meta(of: item, status)
        let nothing: [UInt8] = []
        try batch.append(item.name, meta: meta.encode, body: nothing.span.bytes)
        return .isIn
    }

    /// What the walk would find at the item's path now. Good for an order, not for META: links above it are followed.
    static func status(of item: WalkItem) throws(DESError) -> stat {
        var status = stat()
        guard fstatat(item.tree.descriptor.rawValue, item.path, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .system(errno, "left out", item.path)
        }
        return status
    }
}

extension DESError {
    /// The same error, placed at the file it is about, as the user would write its path.
    func at(_ item: WalkItem) -> DESError {
        var error = self
        error.place = item.fullPath
        return error
    }
}

extension Metadata.Kind {
    fileprivate init(_ kind: WalkItem.Kind) {
        switch kind {
        case .file: self = .file
        case .symlink: self = .symlink
        case .emptyDirectory: self = .directory
        }
    }
}
