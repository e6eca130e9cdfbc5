import ArgumentParser
import DESCatalog
import DESConsole
import DESCore

struct DetachCommand: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "detach",
        abstract: "Take the files of early days out of the catalog. Their tables are kept.",
        discussion: """
            Prints the names of the tables. What is in them is not found any more; containers, and the files in them, are
            not touched. A table is dropped with DROP TABLE, and comes back with ALTER TABLE des_files ATTACH PARTITION.
            PostgreSQL only: SQLite keeps all days in one table.

            EXAMPLES
              des catalog detach --before 2024-01-01 --dry-run
              des catalog detach --before 2024-01-01

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """)

    @Option(
        help: ArgumentHelp("Days before this one, of the names.", valueName: "YYYY-MM-DD"),
        transform: { text in
            guard let day = CalendarDay(text) else { throw ValidationError("expected a day such as 2024-01-31") }
            return day
        })
    var before: CalendarDay
    @Flag(help: "Print which, and change nothing.")
    var dryRun = false
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        try await opened.check()
        let tables = try await opened.catalog.detachDays(before: before, dryRun: dryRun)
        for table in tables {
            if console.isJSON {
                try console.print(
                    "table", [JSON.Member("name", .string(table)), JSON.Member("detached", .bool(!dryRun))])
            } else {
                try console.print(table)
            }
        }
        try console.flush()
        guard let first = tables.first else {
            console.note("there are no days before \(before)")
            return .done
        }
        console.note(
            dryRun
                ? "these \(tables.count) tables would be detached, and kept"
                : "detached \(tables.count) tables, which are kept; to drop one: psql -c 'DROP TABLE \(first)'")
        return .done
    }
}
