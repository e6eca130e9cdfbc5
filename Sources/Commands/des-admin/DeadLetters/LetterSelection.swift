import ArgumentParser
import DESCatalog
import DESConsole
import DESCore

/// Which dead letters.
struct LetterSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("Ids, as 'des dead-letters ls' shows them.", valueName: "id"))
    var ids: [Int] = []
    @Flag(help: "All there are.")
    var all = false

    func validate() throws {
        if ids.isEmpty != all { throw ValidationError("give either ids, or --all") }
    }

    /// Does something with those that are there, and reports the others.
    /// - Parameter what: for the summary: `retried`.
    func apply(
        _ what: String, _ console: Console, _ opened: OpenedCatalog, _ work: ([Int]?) async throws -> [Int]
    ) async throws -> ExitStatus {
        let done = try await work(all ? nil : Array(Set(ids)))
        let count = done.count
        if console.isJSON {
            try console.print("summary", [JSON.Member(what, .integer(count))])
        } else {
            try console.print("\(what) \(Amounts.count(count))")
        }
        try console.flush()
        let missing = Set(ids).subtracting(done)
        for id in missing.sorted() {
            console.report(DESError(.notFound, "there is no dead letter \(id)", place: "\(opened.address)"))
        }
        return missing.isEmpty ? .done : .notFound
    }
}
