import ArgumentParser
import DESConsole
import DESCore

struct NameNewCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Print names that were never handed out before and never will be again.",
        discussion: """
            One name a line, in order. A node id allows 256 names in a millisecond; of a range, up to four ids are leased
            if many names are wanted. All processes of this host share the directory of --state, which remembers what the
            ids were used for: no name comes twice, not after a crash, nor when the clock was set back.

            In the environment: DES_NAMES_NODE_ID, DES_NAMES_STATE_DIRECTORY, DES_NAMES_PREFIX.

            EXAMPLES
              des name new --node-id 7                   this host is node 7, and no other is
              des name new --node-id 0-15 --count 1000   ids shared with others of this host
              DES_NAMES_NODE_ID=0-15 des name new --prefix CAM
            """)

    @Option(help: "How many names.")
    var count = 1
    @OptionGroup var names: NameOptions
    @OptionGroup var output: OutputOptions

    /// Names of one reservation, at most.
    private static let pieceCountMax = 10_000

    func validate() throws {
        if count < 1 { throw ValidationError("--count: expected a whole number from 1, not \(count)") }
        _ = try names.generator(Environment.process)
    }

    func run(_ console: Console) async throws -> ExitStatus {
        let generator = try names.generator(Environment.process)
        do {
            try await print(generator, console)
        } catch {
            try? await generator.stop()  // the first error says more; an id that is not given back is free all the same
            throw error
        }
        try await generator.stop()
        return .done
    }

    private func print(_ generator: NameGenerator, _ console: Console) async throws {
        var left = count
        while left > 0 {
            let names = try await generator.reserve(min(left, NameNewCommand.pieceCountMax))
            try names.forEachText { text, day in
                if console.isJSON {
                    try console.print(
                        "name", [JSON.Member("name", .string(text)), JSON.Member("day", .string(day.description))])
                } else {
                    try console.print(text)
                }
            }
            try console.flush()
            left -= names.count
        }
    }
}
