import ArgumentParser
import DESCatalog
import DESConsole
import DESCore

struct DeadLettersList: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List what was given up, the newest first.",
        discussion: """
            Prints a line for each: id, when, stage (mark or pack), attempts, source, reason, separated by tabs. A row of a
            table of yours is shown as TABLE:ID where no source is known.

            EXAMPLES
              des dead-letters ls
              des dead-letters ls --limit 1000 --json

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """)

    @Option(help: "At most so many.")
    var limit = 100
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit: expected a number from 1 on") }
    }

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        try await opened.check()
        for letter in try await opened.catalog.deadLetters(limit: limit) {
            let (seconds, milliseconds) = letter.diedAt.quotientAndRemainder(dividingBy: 1_000)
            let time = Timestamp(seconds: seconds, nanoseconds: milliseconds * 1_000_000).text
            if console.isJSON {
                try console.print("dead-letter", DeadLettersList.members(letter, time))
            } else {
                let row = letter.origin.isEmpty ? letter.rowID : "\(letter.origin):\(letter.rowID)"
                let words = [
                    "\(letter.id)", time.map { "\($0.prefix(19))Z" } ?? "-", letter.stage, "\(letter.attempts)",
                    letter.source ?? row, letter.reason,
                ]
                try console.print(words.map(\.escapingControlCharacters).joined(separator: "\t"))
            }
        }
        return .done
    }

    private static func members(_ letter: DeadLetter, _ time: String?) -> [JSON.Member] {
        [
            JSON.Member("id", .integer(letter.id)), JSON.Member("origin", .string(letter.origin)),
            JSON.Member("row_id", .string(letter.rowID)),
            JSON.Member("source", letter.source.map { .string($0) } ?? .null),
            JSON.Member("stage", .string(letter.stage)), JSON.Member("reason", .string(letter.reason)),
            JSON.Member("attempts", .integer(letter.attempts)),
            JSON.Member("died_at", time.map { .string($0) } ?? .null),
        ]
    }
}
