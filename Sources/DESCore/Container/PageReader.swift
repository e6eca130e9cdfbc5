/// Pages of INDEX with their part of CHECKSUMS, checked: from the bytes in hand, from a cache, or from the source.
///
/// Tasks that want the same page of a remote source at the same time share one fetch.
final class PageReader: Sendable {
    /// A page that was compared with its checksum, and its order with ROOT.
    struct Page: Sendable {
        fileprivate let layout: ContainerLayout
        fileprivate let number: Int
        fileprivate let index: [UInt8]
        fileprivate let checksums: [UInt8]

        /// Where the entry is, `nil` if it is not in this page.
        func find(_ name: EntryName) throws -> EntryLocation? {
            try name.withBytes {
                try layout.find(
                    $0, page: number, index: index.span.bytes, checksums: checksums.span.bytes, isChecked: true)
            }
        }
    }

    private let layout: ContainerLayout
    private let held: HeldBytes
    private let source: any ByteSource
    private let cache: (any IndexCache)?
    private let underway = Monitor<[Int: Task<Page, any Error>]>([:])

    init(_ layout: ContainerLayout, _ held: HeldBytes, _ source: any ByteSource, _ cache: (any IndexCache)?) {
        (self.layout, self.held, self.source, self.cache) = (layout, held, source, cache)
    }

    /// The page, wherever it is.
    func page(_ number: Int) async throws -> Page {
        guard source.isRemote else { return try await fetch(number) }
        let task = underway.withLock { tasks in
            if let task = tasks[number] { return task }
            let task = Task {
                defer { underway.withLock { $0[number] = nil } }
                if let page = try await pageAtHand(number) { return page }
                return try await fetch(number)
            }
            tasks[number] = task
            return task
        }
        return try await task.valueUnlessCancelled
    }

    /// The page if it needs no request to the source.
    func pageAtHand(_ number: Int) async throws -> Page? {
        let (index, checksums) = (
            layout.index(ofPages: number..<number + 1), layout.checksums(ofPages: number..<number + 1)
        )
        if let index = held.bytes(index), let checksums = held.bytes(checksums) {
            return try checked(number, index, checksums)
        }
        guard let key = key(number), let bytes = await cache?.bytes(for: key),
            bytes.count == index.count + checksums.count
        else { return nil }
        // A cache is not believed: what is not right is fetched.
        return try? checked(number, Array(bytes[..<index.count]), Array(bytes[index.count...]))
    }

    /// Checks a page that was fetched together with others, and keeps it.
    func take(_ number: Int, index: [UInt8], checksums: [UInt8]) async throws -> Page {
        let page = try checked(number, index, checksums)
        if let key = key(number) { await cache?.store(page.index + page.checksums, for: key) }
        return page
    }

    private func fetch(_ number: Int) async throws -> Page {
        let (index, checksums) = (
            layout.index(ofPages: number..<number + 1), layout.checksums(ofPages: number..<number + 1)
        )
        guard source.isRemote else {
            return try checked(
                number, try await held.bytes(index, else: source), try await held.bytes(checksums, else: source))
        }
        async let first = held.bytes(index, else: source)
        async let second = held.bytes(checksums, else: source)
        return try await take(number, index: first, checksums: second)
    }

    private func checked(_ number: Int, _ index: [UInt8], _ checksums: [UInt8]) throws(DESError) -> Page {
        try layout.checkPage(number, index: index.span.bytes, checksums: checksums.span.bytes)
        return Page(layout: layout, number: number, index: index, checksums: checksums)
    }

    /// Page and checksums are kept as one value, under the place of the page.
    private func key(_ number: Int) -> IndexCacheKey? {
        guard cache != nil, let identity = source.identity else { return nil }
        return IndexCacheKey(object: identity, range: layout.index(ofPages: number..<number + 1))
    }
}

/// The end of a container, as fetched when it was opened.
struct HeldBytes: Sendable {
    let start: Int
    let bytes: [UInt8]

    /// The bytes of `range` if all of them are here.
    func bytes(_ range: Range<Int>) -> [UInt8]? {
        if range.isEmpty { return [] }
        return (start..<start + bytes.count).covers(range) ? Array(bytes[range.moved(by: -start)]) : nil
    }

    /// The bytes of `range`, from here or from `source`; an empty range needs neither.
    func bytes(_ range: Range<Int>, else source: any ByteSource) async throws -> [UInt8] {
        if let bytes = bytes(range) { return bytes }
        let bytes = try await source.read(range)
        guard bytes.count == range.count else {
            throw DESError.corrupt(
                "\(bytes.count) bytes were read, \(range.count) were asked for", at: range.lowerBound)
        }
        return bytes
    }
}
