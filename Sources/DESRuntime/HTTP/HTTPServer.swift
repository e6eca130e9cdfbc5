internal import CoreMetrics
internal import DESCore
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
public import ServiceLifecycle

/// Serves routes over HTTP/1.1, with probes and metrics, until it is told to end gracefully.
public struct HTTPServer: Service {
    /// Bounds of what clients may do.
    public struct Limits: Sendable {
        /// How long a request may take.
        public var requestTimeout: Duration = .seconds(10)
        /// How long a connection may do nothing.
        public var idleTimeout: Duration = .seconds(60)
        /// Connections at a time.
        public var connectionsMax = 10_000
        /// Bytes of the body of a request: who asks whether to send more is not told to.
        public var bodyLimit = Int.max

        /// The usual ones.
        public init() {}
    }

    /// Bytes of the head of a request. Ours are small.
    private static let headByteCountMax = 16 * 1_024

    private let listen: Endpoint
    private let routes: RouteTable
    private let tokens: BearerTokens?
    private let limits: Limits
    private let runtime: ServiceRuntime
    private let onListening: @Sendable (Endpoint) -> Void

    /// A server of `routes` and of the probes.
    /// - Parameters:
    ///   - tokens: who may use the protected routes; `nil`: everybody.
    ///   - onListening: is told the port once the server accepts connections.
    public init(
        listen: Endpoint, routes: RouteTable, tokens: BearerTokens? = nil, limits: Limits = Limits(),
        runtime: ServiceRuntime, onListening: @escaping @Sendable (Endpoint) -> Void = { _ in }
    ) {
        (self.listen, self.tokens, self.limits, self.runtime) = (listen, tokens, limits, runtime)
        self.onListening = onListening
        var routes = routes
        routes.add(AdminRoutes.table(health: runtime.health, metrics: runtime.metrics))
        self.routes = routes
    }

    /// Serves until the task is told to end gracefully, and all requests under way are answered.
    public func run() async throws {
        // Hummingbird's own lines are for its developers.
        var quiet = runtime.logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let (timeout, bodyLimit, host) = (limits.requestTimeout, limits.bodyLimit, listen.host)
        let (logger, farewell) = (runtime.logger, runtime.farewell)
        let cut = MetricCatalog.httpCut.counter(in: runtime.metrics)
        let application = Application(
            responder: RequestResponder(routes, tokens: tokens, metrics: runtime.metrics, logger: logger),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [
                        ConnectionHandler(
                            timeout: TimeAmount(timeout), bodyLimit: bodyLimit, onCut: { cut.increment() })
                    ],
                    idleTimeout: TimeAmount(limits.idleTimeout),
                    httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                        maxHeaderFieldSize: HTTPServer.headByteCountMax, maxHeaderListSize: HTTPServer.headByteCountMax,
                        maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port), backlog: 1_024,
                availableConnectionsDelegate: .maximum(limits.connectionsMax, logger: quiet)),
            onServerRunning: { channel in
                farewell.add { await ListenerEnd.settle(channel) }
                let endpoint = Endpoint(host: host, port: channel.localAddress?.port ?? 0)
                onListening(endpoint)
                logger.info("http.listening", metadata: ["address": .string(endpoint.description)])
            },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw DESError.system(error.errnoCode, "cannot listen", listen.description)
        }
    }
}
