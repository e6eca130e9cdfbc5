import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import DESRuntime

struct MigrateCommand: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Make a catalog's tables, or bring them up to date.",
        discussion: """
            Prints the steps it has done. Several at once wait for each other; a step is done whole or not at all. The first
            time, names.prefix, names.shard-bits and names.key-prefix are written into the catalog: all programs of a
            deployment must agree on them, and they stay for ever. A SQLite database is made, and the directories above it.

            EXAMPLES
              des migrate                                            the catalog of PGHOST and PGDATABASE, or a SQLite file
              des migrate --database postgresql://des@db/des --dry-run
              des migrate --set names.shard-bits=10

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """)

    @Flag(help: "Print what there is to do, and change nothing.")
    var dryRun = false
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        let configuration = opened.configuration
        let steps =
            if dryRun {
                try await opened.catalog.pendingMigrations()
            } else {
                // What a catalog has need not be said again, only not be contradicted.
                try await opened.catalog.migrate(DeploymentLayout(configuration)) {
                    try $0.checked(against: configuration)
                }
            }
        for step in steps {
            if console.isJSON {
                try console.print(
                    "step", [JSON.Member("title", .string(step)), JSON.Member("done", .bool(!dryRun))])
            } else {
                try console.print(step)
            }
        }
        if steps.isEmpty { console.note("nothing to do") }
        return .done
    }
}
