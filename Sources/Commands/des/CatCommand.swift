import ArgumentParser
import DESConsole
import DESCore

struct CatCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Write entries to standard output, checked.",
        discussion: """
            All names are looked up first: if one is missing, nothing is written. A body is written only after its
            checksum was compared; bodies over 8 MiB are therefore read twice.

            EXAMPLES
              des cat photos.des 2024/a.jpg > a.jpg
              des cat --stats logs.des day/1.log day/2.log
              des cat s3://bucket/photos.des 2024/a.jpg > a.jpg
            """)

    @OptionGroup var source: ArchiveArgument
    @Argument(help: ArgumentHelp("The entries, by their whole names.", valueName: "name"))
    var names: [String]
    @OptionGroup var output: OutputOptions

    func run(_ console: Console) async throws -> ExitStatus {
        try await source.withReader(console) { reader in try await run(console, reader) }
    }

    private func run(_ console: Console, _ reader: ContainerReader) async throws -> ExitStatus {
        let wanted = try names.map { try EntryName($0) }
        if wanted.count == 1 {
            // One name may bring its content along.
            let found = try await reader.locate(wanted[0])
            try await write(wanted, [found?.entry], content: found?.content, reader, console)
        } else {
            try await write(wanted, try await reader.find(wanted), content: nil, reader, console)
        }
        try console.flush()
        return .done
    }

    private func write(
        _ wanted: [EntryName], _ found: [Entry?], content: [UInt8]?, _ reader: ContainerReader, _ console: Console
    ) async throws {
        let missing = zip(wanted, found).filter { $1 == nil }.map(\.0.quoted)
        guard missing.isEmpty else {
            throw DESError(.notFound, "no entry named " + missing.joined(separator: ", "), place: source.archive)
        }
        let entries = found.compactMap { $0 }
        do throws(DESError) {
            for entry in entries { try entry.checkReadable() }
        } catch {
            throw error.at(source.archive)
        }
        for entry in entries { try await reader.checkIsThere(entry) }
        if let content {
            try console.write(content.span.bytes)
        } else {
            var rest = entries[...]
            while !rest.isEmpty {
                let group = CatCommand.group(rest)
                rest = rest.dropFirst(group.count)
                let bodies = group.count > 1 ? try await CatCommand.bodies(of: group, reader) : [:]
                for entry in group {
                    if let body = bodies[entry.name] {
                        try console.write(body.span.bytes)
                    } else {
                        try await write(entry, reader, console)
                    }
                }
            }
        }
    }

    /// Bytes of bodies that are in memory at one time, one body more or less.
    private static let groupByteCountMax = 32 << 20

    /// The first of `entries`, as many as are fetched together.
    private static func group(_ entries: ArraySlice<Entry>) -> ArraySlice<Entry> {
        var byteCount = 0
        let group = entries.prefix { entry in
            defer { byteCount += entry.byteCount }
            return !entry.isExternal && entry.byteCount <= BodyPieces.pieceByteCount && byteCount < groupByteCountMax
        }
        return group.isEmpty ? entries.prefix(1) : group
    }

    /// The bodies, fetched with few requests. None if one is damaged: then each is read by itself, up to that one.
    private static func bodies(
        of entries: ArraySlice<Entry>, _ reader: ContainerReader
    ) async throws -> [EntryName: [UInt8]] {
        var bodies: [EntryName: [UInt8]] = [:]
        do {
            try await reader.bodies(of: Array(Set(entries))) { entry, body in bodies[entry.name] = body.array() }
        } catch let error as DESError where error.code == .corrupt {
            return [:]
        }
        return bodies
    }

    private func write(_ entry: Entry, _ reader: ContainerReader, _ console: Console) async throws {
        if entry.byteCount <= BodyPieces.pieceByteCount {
            let body = try await reader.body(of: entry)
            try console.write(body.span.bytes)
            return
        }
        try await reader.check(entry)
        for try await piece in reader.pieces(of: entry) { try console.write(piece.span.bytes) }
    }
}
