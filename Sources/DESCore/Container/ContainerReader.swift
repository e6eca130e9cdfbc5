/// Reads a container from any ``ByteSource``: one read opens it, one or two more fetch any body, everything checked.
///
/// Of a container with a sorted INDEX only FOOTER, TRAILER, ROOT and the page that holds a name are fetched; of a plain
/// v1 container the whole INDEX, once. Bytes already in hand are never fetched again. Safe to use from many tasks.
public final class ContainerReader: Sendable {
    /// How much is read ahead and kept.
    public struct Options: Sendable {
        /// Of a remote, clustered container so many bytes around the likely place of a body are fetched together with the
        /// page that says where it is; 0 turns that off.
        public var windowByteCount = 512 << 10
        /// Keeps what is read of the index of remote containers, `nil` for none: the end with ROOT, pages, and the INDEX of
        /// plain v1 containers.
        public var cache: (any IndexCache)?

        /// The defaults.
        public init() {}
    }

    /// Where the parts of the container are.
    public let layout: ContainerLayout
    let source: any ByteSource
    let options: Options
    let pages: PageReader
    private let held: HeldBytes
    private let plain: PlainIndex?

    /// Opens a container.
    /// - Throws: ``DESError/Code/corrupt`` or ``DESError/Code/unsupported`` with the offset; what `source` throws.
    public init(_ source: any ByteSource, options: Options = Options()) async throws {
        (self.source, self.options) = (source, options)
        let cache = options.cache
        (layout, held, plain) = try await ContainerReader.located(source) {
            let (bytes, byteCount) = try await source.readTail(Limits.tailReadByteCount, cache)
            let layout = try ContainerLayout(tail: bytes.span.bytes, byteCount: byteCount)
            let held = HeldBytes(start: byteCount - bytes.count, bytes: bytes)
            if layout.isSorted { return (layout, held, nil) }
            let index =
                if let bytes = held.bytes(layout.index) { bytes } else {
                    try await source.readIfAny(layout.index, cache)
                }
            return (layout, held, PlainIndex(try ContainerIndex(layout, index: index, checksums: [])))
        }
        pages = PageReader(layout, held, source, options.cache)
    }

    /// What messages call the container: a path or a URL.
    public var name: String { source.name }

    /// The entry named `name`, `nil` if there is none.
    public func find(_ name: EntryName) async throws -> Entry? {
        if let plain {
            return name.withBytes { plain.find($0) }.map { Entry(name: name, location: $0) }
        }
        return try await find(name, inPages: layout.root.pages(holding: name.key))
    }

    /// From the last page on: a key that is the first of its page could also be the last of the one before, and hardly ever
    /// is.
    private func find(_ name: EntryName, inPages numbers: Range<Int>) async throws -> Entry? {
        for number in numbers.reversed() {
            let location = try await located { try await pages.page(number).find(name) }
            if let location { return Entry(name: name, location: location) }
        }
        return nil
    }

    /// The entry named `name` with its content, `nil` if there is none. Held in memory: for what may be large see
    /// ``locate(_:)``.
    public func read(_ name: EntryName) async throws -> (entry: Entry, content: [UInt8])? {
        guard let (entry, content) = try await locate(name) else { return nil }
        if let content { return (entry, content) }
        return (entry, try await body(of: entry))
    }

    /// The entry named `name`, and its content if that came along: a remote, clustered container is asked for the likely
    /// place of the body together with the page, which makes one round trip of two.
    public func locate(_ name: EntryName) async throws -> (entry: Entry, content: [UInt8]?)? {
        let numbers = layout.root.pages(holding: name.key)
        guard source.isRemote, layout.isClustered, options.windowByteCount > 0, let number = numbers.last else {
            return try await find(name).map { ($0, nil) }
        }
        let found: (entry: Entry, content: [UInt8]?)? = try await located {
            if let page = try await pages.pageAtHand(number) {
                return try page.find(name).map { (Entry(name: name, location: $0), nil) }
            }
            let window = layout.window(around: name.key, page: number, byteCountMax: options.windowByteCount)
            // What goes wrong with a guess is no error: then the body is asked for by itself.
            async let guess = try? bytes(window)
            guard let location = try await pages.page(number).find(name) else { return nil }
            let entry = Entry(name: name, location: location)
            guard location.flags.isEmpty, window.covers(location.body), let bytes = await guess else {
                return (entry, nil)
            }
            let content = Array(bytes[location.body.moved(by: -window.lowerBound)])
            try location.checkBody(content.span.bytes.crc32c, name)
            return (entry, content)
        }
        if let found { return found }
        return try await find(name, inPages: numbers.dropLast()).map { ($0, nil) }
    }

    /// The content of `entry`, checked. Held in memory: for large bodies see ``pieces(of:)``.
    public func body(of entry: Entry) async throws -> [UInt8] {
        var pieces = pieces(of: entry).makeAsyncIterator()
        var content = try await pieces.next() ?? []
        while content.count < entry.byteCount, let piece = try await pieces.next() { content += piece }
        return content
    }

    /// The content of `entry` in pieces of up to 8 MiB.
    ///
    /// The checksum is compared after the last piece: what came before an error is not to be trusted.
    public func pieces(of entry: Entry) -> BodyPieces { BodyPieces(reader: self, entry: entry) }

    /// Some bytes of the content of `entry`. Its checksum covers the whole body, so these are **unchecked**.
    /// - Throws: ``DESError/Code/invalidArgument`` for a range that the content does not have.
    public func uncheckedBytes(_ range: Range<Int>, of entry: Entry) async throws -> [UInt8] {
        try await located {
            try entry.checkReadable()
            guard range.lowerBound >= 0, range.upperBound <= entry.byteCount else {
                throw DESError(
                    .invalidArgument, "\(entry.name.quoted) has \(entry.byteCount) bytes, not \(range.upperBound)")
            }
            if range.isEmpty { return [] }
            if entry.isExternal { return try await externalBody(of: entry).read(range) }
            return try await bytes(range.moved(by: entry.location.body.lowerBound))
        }
    }

    /// An entry whose body lies outside: it is there, with the length that INDEX says. Others need no request.
    public func checkIsThere(_ entry: Entry) async throws {
        if entry.isExternal { _ = try await externalBody(of: entry) }
    }

    /// The body outside, which has the length that INDEX says.
    func externalBody(of entry: Entry) async throws -> any ByteSource {
        try await located {
            let source = try await outside(entry)
            let byteCount = try await source.readTail(1).byteCount
            guard byteCount == entry.byteCount else {
                throw DESError(
                    .corrupt,
                    "the body outside of \(entry.name.quoted) has \(byteCount) bytes, \(entry.byteCount) were "
                        + "expected", place: source.name)
            }
            return source
        }
    }

    /// What messages call the place of a body outside: a path or a URL. `nil` for an entry whose body is in the container.
    public func placeOutside(of entry: Entry) async throws -> String? {
        entry.isExternal ? try await located { try await outside(entry).name } : nil
    }

    private func outside(_ entry: Entry) async throws -> any ByteSource {
        if let fault = entry.name.pathFault {
            throw DESError(.invalidArgument, "the body outside is not read: the name \(entry.name.quoted) \(fault)")
        }
        guard let source = try await source.external(entry.name) else {
            throw DESError(.unsupported, "the body of \(entry.name.quoted) lies outside, where nothing is known of")
        }
        return source
    }

    /// Reads the content of `entry` and compares its checksum, without holding it.
    public func check(_ entry: Entry) async throws {
        var pieces = pieces(of: entry).makeAsyncIterator()
        while try await pieces.next() != nil {}
    }

    /// META of `entry`, checked; an entry of another writer may have none.
    public func metadata(of entry: Entry) async throws -> Metadata {
        try await located {
            let bytes = try await bytes(entry.location.meta)
            try entry.location.checkMeta(bytes.span.bytes.crc32c, entry.name)
            return try Metadata(checked: bytes.span.bytes, of: entry)
        }
    }

    /// The whole INDEX, checked.
    /// - Parameter checkingChecksums: whether CHECKSUMS must be right as a whole. Without it the wrong checksum of one entry
    ///   does not stand in the way of the others: its own body will fail it.
    public func index(checkingChecksums: Bool = true) async throws -> ContainerIndex {
        if let plain { return plain.entries }
        return try await located {
            let checksums = try await bytes(layout.checksums)
            let crc = checksums.span.bytes.crc32c
            if checkingChecksums, let expected = layout.trailer?.checksumsCRC, expected != crc {
                throw DESError.corrupt(
                    "\(CRCMismatch(expected: expected, found: crc)) of CHECKSUMS", at: layout.checksums.lowerBound)
            }
            let index = try ContainerIndex(layout, index: try await bytes(layout.index), checksums: checksums)
            try index.checkOrder()
            return index
        }
    }

    /// The positions in INDEX of entries that a later one of the same name hides; only a plain v1 container has any.
    public func hiddenEntries() -> [Int] { plain?.hidden ?? [] }

    /// The bytes of `range`, from those in hand if they are there.
    func bytes(_ range: Range<Int>) async throws -> [UInt8] { try await held.bytes(range, else: source) }

    /// Adds the source's name to an error.
    func located<R>(_ body: () async throws -> R) async throws -> R {
        try await ContainerReader.located(source, body)
    }

    private static func located<R>(_ source: any ByteSource, _ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as DESError {
            throw error.at(source.name)
        }
    }
}

extension Metadata {
    /// META whose bytes are right; that they are no JSON object is then the writer's fault, and said as corruption.
    init(checked bytes: RawSpan, of entry: Entry) throws(DESError) {
        if bytes.isEmpty {
            self.init(json: .object([]))
            return
        }
        do {
            try self.init(bytes)
        } catch {
            throw .corrupt(
                "META of \(entry.name.quoted): \(error.message)",
                at: entry.location.meta.lowerBound + (error.offset ?? 0))
        }
    }
}
