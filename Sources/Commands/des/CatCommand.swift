import ArgumentParser
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
            """)

    @OptionGroup var source: ArchiveArgument
    @Argument(help: ArgumentHelp("The entries, by their whole names.", valueName: "name"))
    var names: [String]
    @Flag(help: "Say on standard error how many reads and bytes it took.")
    var stats = false
    @OptionGroup var output: OutputOptions

    func run(_ console: Console) async throws -> ExitStatus {
        let start = ContinuousClock.now
        let counted = CountingByteSource(try FileByteSource(path: source.archive))
        let reader = try await ContainerReader(counted)
        var wanted: [EntryName] = []
        for name in names { wanted.append(try EntryName(name)) }
        let found = try await reader.find(wanted)
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
        for entry in entries { try await write(entry, reader, console) }
        try console.flush()
        if stats { report(counted.counts, ContinuousClock.now - start, console) }
        return .done
    }

    private func write(_ entry: Entry, _ reader: ContainerReader, _ console: Console) async throws {
        if entry.location.body.count <= BodyPieces.pieceByteCount {
            let body = try await reader.body(of: entry)
            try console.write(body.span.bytes)
            return
        }
        try await reader.check(entry)
        for try await piece in reader.pieces(of: entry) { try console.write(piece.span.bytes) }
    }

    private func report(_ counts: CountingByteSource.Counts, _ elapsed: Duration, _ console: Console) {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        console.message(
            console.isJSON
                ? JSON.object([
                    JSON.Member("type", .string("stats")), JSON.Member("reads", .integer(counts.reads)),
                    JSON.Member("bytes", .integer(counts.bytes)), JSON.Member("seconds", .number("\(seconds)")),
                ]).text
                : "\(counts.reads) reads, \(Amounts.count(counts.bytes)) bytes, \(Amounts.duration(elapsed))")
    }
}
