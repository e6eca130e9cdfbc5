import ArgumentParser
import DESConsole
import DESCore

/// Who makes names, and what they begin with.
struct NameOptions: ParsableArguments {
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

    /// The first of the flags that is given.
    var givenFlag: String? {
        [("--prefix", prefix), ("--node-id", nodeID), ("--state", state)].first { $1 != nil }?.0
    }

    /// A generator as the flags and the environment say. It holds nothing yet.
    /// - Throws: `ValidationError`: wrong usage.
    func generator(_ environment: Environment) throws -> NameGenerator {
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
}
