package import DESCatalog
package import DESCore
package import DESStore

/// Deletes sources of packed files, each after its packed copy was read, and is byte for byte what the source is now.
package struct SourcePurge: Sendable {
    /// What has become of a source.
    package enum Outcome: Sendable, Hashable {
        /// It was deleted, or would be.
        case deleted
        /// It is not there any more.
        case gone
        /// Nothing is deleted where it is.
        case skipped(String)
        /// It is not what was packed, or somebody still needs it.
        case kept(String)
        /// The packed copy is damaged or missing.
        case damaged(String)
        /// That could not be found out.
        case unknown(String)

        /// How the program ends because of it.
        package var status: ExitStatus {
            switch self {
            case .deleted, .gone, .skipped: .done
            case .kept: .partial
            case .damaged: .corrupt
            case .unknown: .unavailable
            }
        }
    }

    /// What is deleted, and how.
    package struct Options: Sendable {
        /// Only sources of files that were packed longer ago.
        package var olderThan: Duration
        /// Otherwise it is only found out what would be.
        package var deletes = false
        /// Where sources that are relative paths begin.
        package var directory: String?
        /// Containers that are worked on at a time.
        package var width = 8

        /// Finds out, and deletes nothing.
        package init(olderThan: Duration) { self.olderThan = olderThan }
    }

    /// Opens a bucket of sources.
    package typealias Opener = @Sendable (_ bucket: String) async throws -> any ObjectStore
    /// Is told, from any task.
    package protocol Log: Sendable {
        /// A source is the same as its packed copy, and is deleted next, or would be. If this throws, it is not.
        func delete(_ file: PackedFile) throws
        /// What has become of a source.
        func add(_ file: PackedFile, _ outcome: Outcome) throws
    }

    let deployment: Deployment
    let options: Options
    private let buckets: SourceBuckets
    private static let pageCount = 4_096

    /// - Parameter open: opens a bucket that sources are in.
    package init(_ deployment: Deployment, options: Options, open: @escaping Opener) {
        (self.deployment, self.options) = (deployment, options)
        buckets = SourceBuckets(open)
    }

    /// Goes over all files that are old enough.
    /// - Throws: ``DESError`` if the store is another one's, or does not say whose; ``DatabaseError``; what `log` throws.
    package func run(_ log: some Log) async throws {
        try await deployment.checkRecord()
        var cursor: PackedCursor?
        while true {
            let files = try await deployment.catalog.packed(
                before: options.olderThan, after: cursor, countMax: SourcePurge.pageCount)
            guard let last = files.last else { return }
            cursor = PackedCursor(last)
            let needed = try await deployment.catalog.sourcesInQueue(among: files.map(\.source))
            var next = Dictionary(grouping: files, by: \.key).values.makeIterator()
            try await inOrder(width: options.width) {
                next.next()
            } produce: { files in
                try await purge(files, needed, log)
            } consume: { _ in
            }
        }
    }

    /// Files of one container.
    private func purge(_ files: [PackedFile], _ needed: Set<String>, _ log: some Log) async throws {
        var wanted: [(file: PackedFile, place: SourcePlace)] = []
        for file in files {
            let place = SourcePlace(file.source, below: options.directory)
            if case .other(let reason) = place {
                try log.add(file, .skipped(reason))
            } else if deployment.owns(place) {
                try log.add(file, .kept("is an object of the deployment itself"))
            } else if needed.contains(file.source) {
                try log.add(file, .kept("a row of the queue still needs it"))
            } else {
                wanted.append((file, place))
            }
        }
        guard let key = wanted.first?.file.key else { return }
        let names = wanted.compactMap { try? EntryName($0.file.name) }
        let opened = try await deployment.look {
            let reader = try await deployment.open(key)
            return (reader: reader, entries: try await reader.find(names))
        }
        guard let (reader, entries) = opened.value, entries.count == wanted.count else {
            for (file, _) in wanted { try log.add(file, Outcome(opened)) }
            return
        }
        for ((file, place), entry) in zip(wanted, entries) {
            try Task.checkCancellation()
            guard let entry, entry.place == file.place else {
                try log.add(file, .damaged("the container does not have it where the catalog says"))
                continue
            }
            let copy = PackedCopy(deployment: deployment, reader: reader, entry: entry, key: key)
            let (outcome, equal) = try await compare(copy, place)
            guard let equal else {
                try log.add(file, outcome)
                continue
            }
            // Before it is done: nothing is deleted that no line tells of.
            try log.delete(file)
            try log.add(file, options.deletes ? try await delete(equal) : .deleted)
        }
    }

    /// Whether a source is what was packed.
    /// - Returns: the source, if it is.
    private func compare(_ copy: PackedCopy, _ place: SourcePlace) async throws -> (Outcome, equal: SourceCopy?) {
        do {
            let source = try await source(place)
            guard source.byteCount == copy.entry.byteCount else {
                return (.kept("has \(source.byteCount) bytes now, \(copy.entry.byteCount) were packed"), nil)
            }
            switch try await copy.compare(with: source.bytes) {
            case .sound(true): return (.deleted, source)
            case .sound(false): return (.kept("has other bytes now than were packed"), nil)
            case .missing(let reason), .damaged(let reason): return (.damaged(reason), nil)
            case .unknown(let reason): return (.unknown(reason), nil)
            }
        } catch let error as DESError {
            return (Outcome(ofSource: error), nil)
        }
    }

    private func delete(_ source: SourceCopy) async throws -> Outcome {
        do {
            try await source.delete()
            return .deleted
        } catch let error as DESError {
            return Outcome(ofSource: error)
        }
    }

    private func source(_ place: SourcePlace) async throws -> SourceCopy {
        switch place {
        case .object(let bucket, let key): try await SourceCopy(try await buckets.store(bucket), key: key)
        case .file(let path): try await SourceCopy(path: path)
        case .other(let reason): throw DESError(.unsupported, reason)
        }
    }
}

extension SourcePurge.Outcome {
    /// What an error of the source means.
    fileprivate init(ofSource error: DESError) {
        self =
            switch error.code {
            case .notFound: .gone
            case .changed, .unsupported: .kept(error.message)
            default: .unknown(error.description)
            }
    }

    /// What it means for its files that a container is not sound.
    fileprivate init<Value>(_ evidence: Evidence<Value>) {
        self =
            switch evidence {
            case .missing(let reason), .damaged(let reason): .damaged(reason)
            case .unknown(let reason): .unknown(reason)
            case .sound: .damaged("the container has entries without names")
            }
    }
}
