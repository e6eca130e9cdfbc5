public import DESCore

extension Settings {
    /// Node ids.
    public static let nodes = Setting(
        "names.node-id", .nodes,
        required: NodeRange.reasonForNoDefault,
        earlierNames: ["DES_NODE_ID"],
        help: """
            The node id that names of this process have, or a range of ids that it leases from. No two processes use one id at
            a time, on whatever host: give every host a range of its own. What an id was used for is remembered in
            names.state-directory.
            """)
    /// Where leases of node ids are.
    public static let stateDirectory = Setting(
        "names.state-directory", .path,
        unset: "$STATE_DIRECTORY/nodes, else $XDG_STATE_HOME/des/nodes, else ~/.local/state/des/nodes",
        help: """
            A directory that outlives the process, for locks of node ids and up to when each was used. All processes of a host
            share it; it must keep what was synced to it.
            """)
    /// Node ids of one process.
    public static let nodeCountMax = Setting(
        "names.node-count-max", .integer(1...256), standard: "4",
        help: """
            How many node ids of the range one process leases when it is asked for more than 256 names in a millisecond, which
            is what one id allows.
            """)
    /// What names begin with.
    public static let namePrefix = Setting(
        "names.prefix", .namePrefix, standard: "DES", earlierNames: ["DES_NAME_PREFIX"],
        help: "What names begin with when a request does not say it.")
    /// How many shards a day has.
    public static let shardBits = Setting(
        "names.shard-bits", .shardBits, standard: "8", earlierNames: ["DES_SHARD_BITS"],
        help: "A day has two to the power of this many shards. The same for a whole deployment, and for ever.")
    /// Bits of time in a name.
    public static let wrapBits = Setting(
        "names.wrap-bits", .integer(32...32), standard: "32", earlierNames: ["DES_WRAP_BITS"],
        help: "Bits of time in a name. With fewer the names come again too soon, so nothing else is accepted.")
    /// What keys begin with.
    public static let keyPrefix = Setting(
        "names.key-prefix", .keyPrefix, standard: "",
        help: "What the keys of containers in object storage begin with.")

    /// How files are named.
    public static let names: [any SettingDeclaration] =
        [nodes, stateDirectory, nodeCountMax] + layout
    /// What all components of a deployment agree on.
    public static let layout: [any SettingDeclaration] = [namePrefix, shardBits, wrapBits, keyPrefix]
}
