public import DESCore
public import DESRuntime
internal import Logging
public import ServiceLifecycle

/// Hands out names over HTTP: what `des-assign` runs.
public enum AssignService {
    /// What it can be told.
    public static let settings = Settings.names + Settings.assign

    /// Names of one request, at most.
    static let batchCountMax = 10_000

    /// The services of a process, in the order in which they start.
    /// - Parameters:
    ///   - leases: who gives out node ids; `nil`: files, as the configuration says.
    ///   - onListening: is told the port once the server accepts connections.
    public static func services(
        _ runtime: ServiceRuntime, leases: (any NodeLeases)? = nil,
        onListening: @escaping @Sendable (Endpoint) -> Void = { _ in }
    ) throws -> [any Service] {
        let configuration = runtime.configuration
        let timeout = configuration[Settings.assignRequestTimeout]
        var options = NameGenerator.Options()
        options.nodeCountMax = configuration[Settings.nodeCountMax]
        // Who would have to wait longer than a request may take is told so at once.
        options.leadMax = min(options.leadMax, Int(timeout / .milliseconds(1)) / 2)
        let generator = NameGenerator(
            prefix: configuration[Settings.namePrefix], leases: try leases ?? fileLeases(configuration),
            options: options)

        let listen = configuration[Settings.assignListen]
        if isOpen(configuration) {
            runtime.logger.warning(
                "assign.open",
                metadata: [
                    "address": .string(listen.description),
                    "advice": "anybody who reaches this port is given names; set assign.tokens",
                ])
        }
        var limits = HTTPServer.Limits()
        limits.requestTimeout = timeout
        limits.idleTimeout = configuration[Settings.assignIdleTimeout]
        limits.connectionsMax = configuration[Settings.assignConnectionsMax]
        limits.bodyLimit = configuration[Settings.assignBodyLimit]
        let routes = NameRoutes(
            generator: generator, shardBits: configuration[Settings.shardBits],
            keyPrefix: configuration[Settings.keyPrefix], bodyLimit: configuration[Settings.assignBodyLimit])
        let server = HTTPServer(
            listen: listen, routes: routes.table,
            tokens: configuration[Settings.assignTokens].map(BearerTokens.init), limits: limits, runtime: runtime,
            onListening: { endpoint in
                runtime.health.started()
                onListening(endpoint)
            })
        return [GeneratorService(generator, runtime), server]
    }

    /// Anybody on other machines is given names.
    static func isOpen(_ configuration: Configuration) -> Bool {
        configuration[Settings.assignTokens] == nil && !configuration[Settings.assignListen].isLoopback
    }

    private static func fileLeases(_ configuration: Configuration) throws(ConfigurationError) -> NodeLeaseDirectory {
        let environment = Environment.process
        let path = configuration[Settings.stateDirectory] ?? NodeLeaseDirectory.standardPath { environment[$0] }
        guard let path else {
            throw ConfigurationError(problems: ["names.state-directory has to be set: there is no home directory"])
        }
        return NodeLeaseDirectory(path: path, nodes: configuration[Settings.nodes])
    }
}
