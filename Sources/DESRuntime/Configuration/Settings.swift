public import DESCore
public import Logging

/// All settings there are, of every program: one place to declare them.
public enum Settings {
    // MARK: names

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

    // MARK: assign

    /// Where des-assign listens.
    public static let assignListen = Setting(
        "assign.listen", .endpoint(standardPort: 8_000), standard: "127.0.0.1:8000",
        earlierNames: ["DES_ASSIGN_HOST"],
        help: "Where the service listens. Port 0 takes any that is free.")
    /// Who may ask for names.
    public static let assignTokens = Setting(
        "assign.tokens", .list(of: .bearerToken), unset: "everybody who reaches the port is served", isSecret: true,
        help: """
            Bearer tokens, each of which lets a client in; several, so that one can be replaced. Health, metrics and
            /openapi.json need none.
            """)
    /// The largest body of a request.
    public static let assignBodyLimit = Setting(
        "assign.body-limit", .byteCount(1_024...1 << 30), standard: "64KiB",
        help: "The largest body of a request; a larger one is answered with 413.")
    /// How long a request may take.
    public static let assignRequestTimeout = Setting(
        "assign.request-timeout", .duration(.milliseconds(100)...(.seconds(3_600))), standard: "10s",
        help: "How long a request may take, from its first line to the end of the answer.")
    /// How long a connection may do nothing.
    public static let assignIdleTimeout = Setting(
        "assign.idle-timeout", .duration(.milliseconds(100)...(.seconds(86_400))), standard: "60s",
        help: "How long a connection may wait for its next request, or take to send the head of one.")
    /// Connections at a time.
    public static let assignConnectionsMax = Setting(
        "assign.connections-max", .integer(1...1_000_000), standard: "10000",
        help: "Connections at a time; those beyond wait until one is closed.")

    // MARK: service

    /// How long a service takes to stop.
    public static let drainTimeout = Setting(
        "service.drain-timeout", .duration(.milliseconds(0)...(.seconds(3_600))), standard: "25s",
        help: """
            How long requests under way may take to end after SIGTERM or SIGINT; then they are cut. Less than the grace period
            of what stops the service (30 s in Kubernetes).
            """)
    /// How long a service goes on accepting after it was told to stop.
    public static let drainDelay = Setting(
        "service.drain-delay", .duration(.milliseconds(0)...(.seconds(600))), standard: "1s",
        help: """
            How long to go on accepting connections after SIGTERM or SIGINT, while /readyz already says no: the time that load
            balancers take to notice. It comes on top of service.drain-timeout.
            """)
    /// What is logged.
    public static let logLevel = Setting(
        "service.log-level", .logLevel, standard: "info", earlierNames: ["LOG_LEVEL"],
        help: "The least level that is logged. At debug every request is.")

    /// All of them, by section.
    public static let all: [any SettingDeclaration] = names + assign + service

    /// How files are named.
    public static let names: [any SettingDeclaration] = [
        nodes, stateDirectory, nodeCountMax, namePrefix, shardBits, wrapBits, keyPrefix,
    ]
    /// The service that assigns names.
    public static let assign: [any SettingDeclaration] = [
        assignListen, assignTokens, assignBodyLimit, assignRequestTimeout, assignIdleTimeout, assignConnectionsMax,
    ]
    /// What every service has.
    public static let service: [any SettingDeclaration] = [drainTimeout, drainDelay, logLevel]
}
