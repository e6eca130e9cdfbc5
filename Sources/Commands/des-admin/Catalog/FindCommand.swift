import ArgumentParser
import DESCatalog
import DESConsole
import DESCore

struct FindCommand: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Say where files are, by their names or by their sources.",
        discussion: """
            Prints a line for each: status, name (- if it has none yet) and source, and of a packed file the key of its
            container, offset and length, separated by tabs.

            EXAMPLES
              des catalog find 'DES_20250101_(21BCAA000100_88)'
              des catalog find s3://bucket/2024/a.jpg --json

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """)

    @Argument(help: ArgumentHelp("Names, sources, or source ids.", valueName: "name-or-source"))
    var texts: [String]
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        try await opened.check()
        var status = ExitStatus.done
        for text in texts {
            let entries = try await opened.catalog.find(text)
            for entry in entries { try print(entry, console) }
            guard entries.isEmpty else { continue }
            try console.flush()
            console.report(
                DESError(.notFound, "is neither the name nor the source of a file in \(opened.address)", place: text))
            status = .notFound
        }
        return status
    }

    private func print(_ entry: CatalogEntry, _ console: Console) throws {
        guard !console.isJSON else {
            try console.print("file", FindCommand.members(entry))
            return
        }
        var words = [entry.status, entry.name ?? "-", entry.source]
        if let key = entry.key { words += [key, "\(entry.offset ?? 0)", "\(entry.byteCount ?? 0)"] }
        // A source may have any character in it; a tab would be taken for the next column.
        try console.print(words.map(\.escapingControlCharacters).joined(separator: "\t"))
        if let error = entry.lastError {
            try console.flush()
            console.note("\(entry.source): \(error)".escapingControlCharacters)
        }
    }

    private static func members(_ entry: CatalogEntry) -> [JSON.Member] {
        func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
        func number(_ number: Int?) -> JSON { number.map { .integer($0) } ?? .null }
        return [
            JSON.Member("status", .string(entry.status)), JSON.Member("name", text(entry.name)),
            JSON.Member("source", .string(entry.source)), JSON.Member("day", text(entry.day)),
            JSON.Member("key", text(entry.key)), JSON.Member("offset", number(entry.offset)),
            JSON.Member("length", number(entry.byteCount)), JSON.Member("last_error", text(entry.lastError)),
        ]
    }
}
