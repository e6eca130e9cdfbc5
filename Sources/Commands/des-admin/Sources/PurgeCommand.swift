import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import DESDoctor
import DESRuntime

struct PurgeCommand: StoreVerb {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Delete sources that are, byte for byte, what was packed. Without --delete nothing is deleted.",
        discussion: """
            Of each file that was packed that long ago the packed copy is read and checked, then the source as it is now; only if
            both are the same, the source is deleted. A JSON line for each, written before, is the log. Objects of buckets
            and files of this machine are deleted, what is behind a URL is not. Run again, it goes on.

            EXAMPLES
              des sources purge --older-than 30d
              des sources purge --older-than 30d --delete >> purged.jsonl

            EXIT STATUS
            \(ExitStatus.tableOfDoctor)
            """)

    @Option(
        help: ArgumentHelp("Files that were packed longer ago.", valueName: "time"), transform: Period.parse)
    var olderThan: Duration
    @Flag(help: "Delete them.")
    var delete = false
    @Option(help: "Containers that are worked on at a time.")
    var concurrency = 8
    @OptionGroup var storage: StoreOptions
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    var settings: [any SettingDeclaration] {
        CatalogOptions.settings + Settings.store + [Settings.packerSourceDirectory]
    }

    func validate() throws {
        if !(1...256).contains(concurrency) { throw ValidationError("--concurrency: expected 1 to 256") }
    }

    func run(
        _ console: Console, _ deployment: Deployment, _ configuration: Configuration
    ) async throws -> ExitStatus {
        var options = SourcePurge.Options(olderThan: olderThan)
        (options.deletes, options.width) = (delete, concurrency)
        options.directory = configuration[Settings.packerSourceDirectory]
        let log = PurgeLog(console, deletes: delete)
        let purge = SourcePurge(deployment, options: options) { try await Place.bucket($0) }
        try await purge.run(log)
        return log.finish()
    }
}
