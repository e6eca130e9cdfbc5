import ArgumentParser
import DESConsole
import DESCore
import Glibc

struct ExtractCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Write entries to files below a directory.",
        discussion: """
            Times and modes of files, links and empty directories are restored, set-user-id, set-group-id and sticky bits
            excepted; other directories are made with the modes of new ones. Nothing is written outside DIR or through a
            link, and nothing that is there is touched without --force. A body of up to
            8 MiB is checked before it is written; a larger one is written under a temporary name and gets its own only
            after the check. An entry that fails is reported and the rest goes on: the exit status is 11 if a body was
            corrupt, else 13 if a name was taken, else 3. As with tar, files are not synced, and a kill can leave the file
            it met incomplete, or one named .des-PID-NUMBER.partial.

            EXAMPLES
              des extract photos.des -C restored
              des extract photos.des -C restored 2024 '*.txt'
              des extract s3://bucket/photos.des -C restored
            """)

    @OptionGroup var source: ArchiveArgument
    @Argument(help: ArgumentHelp("Extract only these names, and what lies below them.", valueName: "name|glob"))
    var globs: [String] = []
    @Option(
        name: [.customShort("C"), .long], help: ArgumentHelp("Where to; created if it is not there.", valueName: "dir"),
        completion: .directory)
    var directory: String
    @Flag(help: "Replace files that are there.")
    var force = false
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if directory.isEmpty { throw ValidationError("give --directory a path") }
    }

    func run(_ console: Console) async throws -> ExitStatus {
        try await source.withReader(console) { reader in try await run(console, reader) }
    }

    private func run(_ console: Console, _ reader: ContainerReader) async throws -> ExitStatus {
        let start = ContinuousClock.now
        let index = try await reader.index(checkingChecksums: false)
        let hidden = Set(reader.hiddenEntries())
        let entries = try index.select(globs.map(NamePattern.init), archive: source.archive)
            .filter { !hidden.contains($0) }.map { index[$0] }
        try makeDirectory(directory)
        let mask = umask(0)
        umask(mask)
        let progress = Progress("extracted", console)
        progress.expect(files: entries.count)
        let extractor = Extractor(
            reader: reader, directory: directory, replacing: force, umask: mask,
            report: { console.report($0) }, progress: progress)
        let summary = try await progress.whileShown { try await extractor.extract(entries) }
        let elapsed = ContinuousClock.now - start
        if console.isJSON {
            try console.print(
                "summary",
                [
                    JSON.Member("extracted", .integer(summary.fileCount)),
                    JSON.Member("bytes", .integer(summary.byteCount)),
                    JSON.Member("failed", .integer(entries.count - summary.fileCount)),
                ])
        } else {
            console.note(
                "extracted \(Amounts.count(summary.fileCount)) of \(Amounts.count(entries.count)) entries, "
                    + "\(Amounts.bytes(summary.byteCount)), in \(Amounts.duration(elapsed))")
        }
        return summary.status
    }
}
