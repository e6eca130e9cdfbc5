import ArgumentParser
import DESCatalog
import DESConsole
import DESCore

struct DeadLettersDrop: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Forget files that were given up.",
        discussion: """
            Their rows leave the queue with them; the files themselves are not touched. To have them again, import them again.

            EXAMPLES
              des dead-letters drop 17 18
              des dead-letters drop --all

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """)

    @OptionGroup var selection: LetterSelection
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        try await opened.check()
        return try await selection.apply("dropped", console, opened) { ids in
            try await opened.catalog.dropDeadLetters(ids)
        }
    }
}
