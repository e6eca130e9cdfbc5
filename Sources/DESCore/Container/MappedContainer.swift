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
    /// Pages whose checksum was compared, which is done once: the bytes of a committed container do not change.
    private let checkedPages: PageTables

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
            let header = bytes(0..<Header.byteCount)
            try Header.check(header.span.bytes)
            plain =
                layout.isSorted
                ? nil : PlainIndex(try ContainerIndex(layout, index: bytes(layout.index), checksums: []))
            checkedPages = PageTables(layout)
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
            body.prefetch()
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
        do {
            return try name.withBytes { bytes in
                let key = EntryKey(bytes)
                for page in layout.root.pages(holding: key) {
                    if let found = try find(bytes, key, page) { return found }
                }
                return nil
            }
        } catch let error as DESError {
            throw error.at(path)
        } catch {
            preconditionFailure("not a DESError: \(error)")
        }
    }

    private func find(_ name: RawSpan, _ key: EntryKey, _ page: Int) throws -> EntryLocation? {
        let place = layout.index(ofPages: page..<page + 1)
        return try file.withBytes(place) { index in
            try file.withBytes(layout.checksums(ofPages: page..<page + 1)) { checksums in
                if !checkedPages.contains(page) {
                    try layout.checkPage(page, index: index, checksums: checksums)
                    try checkedPages.insert(page, index, start: place.lowerBound)
                }
                let fraction = layout.root.fraction(of: key, inPage: page)
                guard let found = checkedPages.find(name, page: page, index: index, near: fraction) else { return nil }
                return try layout.location(of: found, index: index, checksums: checksums, start: place.lowerBound)
            }
        }
    }
}
