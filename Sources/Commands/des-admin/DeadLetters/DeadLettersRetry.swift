import ArgumentParser
import DESCatalog
import DESConsole
import DESCore

struct DeadLettersRetry: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Have files tried again that were given up.",
        discussion: """
            Their rows are new again, as if they had never been tried. Those of a table of yours need source.table.

            EXAMPLES
              des dead-letters retry 17 18
              des dead-letters retry --all

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """)

    @OptionGroup var selection: LetterSelection
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        try await opened.check()
        return try await selection.apply("retried", console, opened) { ids in
            try await opened.catalog.retryDeadLetters(ids)
        }
    }
}
