import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import Glibc

struct ImportCommand: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Queue files: the lines of a list, or the objects of a bucket or directory.",
        discussion: """
            INPUT is a file of JSON lines, {"source": "s3://b/k", "source_id": …, "size": …, "created_at": …, "meta": {…}},
            of which only the source is needed; a CSV file with a header of the same names; - for standard input; or
            s3://bucket/prefix or file:///directory/, whose objects are listed. See docs/catalog-import.md.

            A file that is queued or packed already, by its source_id or else its source, is left as it is. An import that was
            interrupted goes on where it stopped when the same command is run again. A line that is no row is reported and
            left out, and the exit status is 3.

            EXAMPLES
              des catalog import files.jsonl
              des catalog import s3://bucket/photos/
              zcat files.csv.gz | des catalog import - --format csv

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """)

    @Argument(help: ArgumentHelp("What to import.", valueName: "input"), completion: .file())
    var input: String
    @Option(help: "How it is written, if its name does not say it.")
    var format: ImportFormat?
    @Flag(help: "Begin anew, also if an earlier import was interrupted.")
    var restart = false
    @Option(help: "Rows of one transaction.")
    var batchSize = 20_000
    @Flag(help: "Stop at the first line that is no row, with status 1.")
    var strict = false
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !(1...1_000_000).contains(batchSize) { throw ValidationError("--batch-size: expected 1 to 1000000") }
        do { _ = try ImportInput(input, format) } catch let error as DESError {
            throw ValidationError(error.description)
        }
    }

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        try await opened.check()
        let interruption = try Interruption()
        let what = try ImportInput(input, format)
        var source = try await what.source(interruption, stopsAtProblem: strict)
        let earlier = what.isResumable && !restart ? try await resume(&source, console, opened) : nil
        let run = ImportRun(
            input: source.name, catalog: opened.catalog, console: console, batchCountMax: batchSize,
            earlier: earlier, isStrict: strict, interruption: interruption)
        let summary = try await run.run(source, input == "-" ? "standard input" : input)
        if summary.isWhole { try await opened.catalog.endImport(of: source.name) }
        try report(summary, earlier?.rowCount ?? 0, console)
        if let status = interruption.status {
            try console.flush()
            console.message(
                "des-admin: interrupted; the same command again "
                    + (what.isResumable ? "goes on from here" : "queues what is missing"))
            Glibc.exit(status)
        }
        if summary.badCount == 0 { return .done }
        return strict ? .failed : .partial
    }

    /// Has the source go on where an earlier import of it stopped.
    /// - Returns: how far that came.
    private func resume(
        _ source: inout any ImportSource, _ console: Console, _ opened: OpenedCatalog
    ) async throws -> ImportProgress? {
        guard let progress = try await opened.catalog.progress(of: source.name) else { return nil }
        let rows = "after \(Amounts.count(progress.rowCount)) rows"
        guard let words = try await source.resume(at: progress.position) else {
            console.note(
                "\(input) has changed since an import of it was interrupted \(rows): it is read from its start"
                    .escapingControlCharacters)
            return nil
        }
        console.note("an import of \(input) was interrupted \(rows): it goes on at \(words)".escapingControlCharacters)
        return progress
    }

    private func report(_ summary: ImportRun.Summary, _ earlierCount: Int, _ console: Console) throws {
        if console.isJSON {
            try console.print(
                "summary",
                [
                    JSON.Member("read", .integer(summary.readCount)), JSON.Member("new", .integer(summary.newCount)),
                    JSON.Member("bad", .integer(summary.badCount)),
                    JSON.Member("read_before", .integer(earlierCount)), JSON.Member("whole", .bool(summary.isWhole)),
                ])
        } else {
            console.note(
                "\(Amounts.count(summary.readCount)) rows read, \(Amounts.count(summary.newCount)) new, "
                    + "\(Amounts.count(summary.badCount)) bad")
        }
    }
}
