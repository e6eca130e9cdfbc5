internal import Synchronization

/// A local container, mapped: checked reads without a system call or a copy. Synchronous; safe to use from many threads.
///
/// For containers that are whole. What a truncation of the file does is said at ``init(path:)``.
public final class MappedContainer: Sendable {
    /// Where the parts of the container are.
    public let layout: ContainerLayout
    private let file: MappedFile
    private let path: String
    private let plain: PlainIndex?
    /// One bit per page whose checksum was compared: the bytes of a committed container do not change.
    private let checkedPages = PageBits()

    /// Maps and opens the container at `path`.
    ///
    /// The file must not shrink while it is mapped: a read beyond its new end is a SIGBUS, which ends the process.
    public init(path: String) throws(DESError) {
        self.path = path
        do throws(DESError) {
            let file = try MappedFile(path: path)
            func bytes(_ range: Range<Int>) -> [UInt8] { file.withBytes(range) { $0.array() } }
            let tail = bytes(max(0, file.byteCount - Limits.tailReadByteCount)..<file.byteCount)
            let layout = try ContainerLayout(tail: tail.span.bytes, byteCount: file.byteCount)
            plain =
                layout.isSorted
                ? nil : PlainIndex(try ContainerIndex(layout, index: bytes(layout.index), checksums: []))
            (self.file, self.layout) = (file, layout)
        } catch {
            throw error.at(path)
        }
    }

    /// The entry named `name`, `nil` if there is none.
    public func find(_ name: EntryName) throws(DESError) -> Entry? {
        try locate(name).map { Entry(name: name, location: $0) }
    }

    /// Calls `read` with the content of the entry named `name`, checked, without copying it.
    /// - Returns: what `read` returns, `nil` if there is no such entry.
    public func withBody<R>(of name: EntryName, _ read: (RawSpan) throws -> R) throws -> R? {
        guard let location = try locate(name) else { return nil }
        return try file.withBytes(location.body) { body in
            do throws(DESError) {
                try location.checkReadable(name)
                try location.checkBody(body.crc32c, name)
            } catch {
                throw error.at(path)
            }
            return try read(body)
        }
    }

    private func locate(_ name: EntryName) throws(DESError) -> EntryLocation? {
        if let plain { return name.withBytes { plain.find($0) } }
        var found: EntryLocation?
        do {
            try name.withBytes { bytes in
                for page in layout.root.pages(holding: EntryKey(bytes)) where found == nil {
                    found = try find(bytes, page: page)
                }
            }
        } catch let error as DESError {
            throw error.at(path)
        } catch {
            preconditionFailure("not a DESError: \(error)")
        }
        return found
    }

    private func find(_ name: RawSpan, page: Int) throws -> EntryLocation? {
        let isChecked = checkedPages.contains(page)
        return try file.withBytes(layout.index(ofPages: page..<page + 1)) { index in
            try file.withBytes(layout.checksums(ofPages: page..<page + 1)) { checksums in
                let location = try layout.find(
                    name, page: page, index: index, checksums: checksums, isChecked: isChecked)
                if !isChecked { checkedPages.insert(page) }
                return location
            }
        }
    }
}

/// A set of page numbers below ``Limits/pageCountMax``, without a lock.
private final class PageBits: Sendable {
    private let words = InlineArray<128, Atomic<UInt64>> { _ in Atomic(0) }

    func contains(_ page: Int) -> Bool { words[page / 64].load(ordering: .relaxed) & (1 << UInt64(page % 64)) != 0 }

    func insert(_ page: Int) { words[page / 64].bitwiseOr(1 << UInt64(page % 64), ordering: .relaxed) }
}
