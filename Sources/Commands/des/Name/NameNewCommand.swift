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
    @Option(
        help: ArgumentHelp(
            "What names begin with: ASCII letters and digits (default: DES).", valueName: "prefix"))
    var prefix: String?
    @Option(
        help: ArgumentHelp(
            "The node id, or a range to lease from, that no other host uses. There is no default.",
            valueName: "id or range"))
    var nodeID: String?
    @Option(
        help: ArgumentHelp(
            """
            Where this host remembers what its ids were used for (default: $STATE_DIRECTORY/nodes, \
            $XDG_STATE_HOME/des/nodes or ~/.local/state/des/nodes).
            """, valueName: "dir"),
        completion: .directory)
    var state: String?
    @OptionGroup var output: OutputOptions

    /// Names of one reservation, at most.
    private static let pieceCountMax = 10_000

    func validate() throws {
        if count < 1 { throw ValidationError("--count: expected a whole number from 1, not \(count)") }
        _ = try generator(Environment.process)
    }

    /// A generator as the flags and the environment say. It holds nothing yet.
    private func generator(_ environment: Environment) throws -> NameGenerator {
        guard let nodes = try NameSetting.nodes.value(nodeID, environment) else {
            throw ValidationError(
                """
                no node id is set: \(NodeRange.reasonForNoDefault); give --node-id, or DES_NAMES_NODE_ID in the \
                environment, an id or a range that no other host uses, such as 7 or 0-15
                """)
        }
        let path = try NameSetting.state.value(state, environment)
        guard let path = path ?? NodeLeaseDirectory.standardPath({ environment[$0] }) else {
            throw ValidationError("there is no home directory: give --state a path, where uses of ids are remembered")
        }
        return NameGenerator(
            prefix: try NameSetting.prefix.value(prefix, environment) ?? .standard,
            leases: NodeLeaseDirectory(path: path, nodes: nodes))
    }

    func run(_ console: Console) async throws -> ExitStatus {
        let generator = try generator(Environment.process)
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
