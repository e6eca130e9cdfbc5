import DESCore
import Glibc
import Synchronization

/// An HTTP proxy on loopback in front of one server, that does to each request what a test says, and remembers it.
///
/// Requests go on as they came, with the Host that their signatures cover. Each client connection has a thread.
public final class FaultProxy: Sendable {
    /// A request that came in.
    public struct Request: Sendable {
        /// How many came before it, since the last ``FaultProxy/reset()``.
        public let ordinal: Int
        /// How many of the same method came before it.
        public let methodOrdinal: Int
        /// GET, PUT, ...
        public let method: String
        /// The path with the query, as it came.
        public let path: String
        /// The status that was sent; `nil` if none was, or is not yet.
        public internal(set) var status: Int?
        let head: HTTPHead

        /// A header field.
        public func field(_ name: String) -> String? { head[name] }
        /// The wanted range, such as `bytes=0-99`.
        public var range: String? { field("Range") }
        /// The version that is wanted.
        public var ifMatch: String? { field("If-Match") }
        /// `*` for a create-only PUT.
        public var ifNoneMatch: String? { field("If-None-Match") }
    }

    struct State {
        var requests: [Request] = []
        var methodCounts: [String: Int] = [:]
        /// Counts the calls of `reset()`: an answer to an earlier request must not be noted with a later one.
        var generation = 0
        var connectionCount = 0
        var decide: @Sendable (Request) -> Fault? = { _ in nil }
        var listener: Int32?
        /// Of clients and to the server.
        var connections: Set<Int32> = []
    }

    /// `http://127.0.0.1:PORT`, for the client.
    public let endpoint: String
    let serverPort: UInt16
    private let port: UInt16
    let state = Mutex(State())

    /// Starts a proxy for a server, given by its endpoint, `http://127.0.0.1:PORT`.
    public init(for server: String) throws {
        guard let serverPort = server.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw ServerError("\(server) is not http://127.0.0.1:PORT")
        }
        (self.serverPort, port) = (serverPort, try Loopback.freePort())
        endpoint = "http://127.0.0.1:\(port)"
        try acceptConnections()
    }

    /// From now on `decide` says what happens to a request; nothing, if it gives `nil`. It is called on many threads.
    public func inject(_ decide: @escaping @Sendable (Request) -> Fault?) { state.withLock { $0.decide = decide } }

    /// What came in, in the order of arrival.
    public var requests: [Request] { state.withLock { $0.requests } }

    /// How many connections clients have made.
    public var connectionCount: Int { state.withLock { $0.connectionCount } }

    /// Forgets the requests, the count of connections and what was to be injected. Connections stay.
    public func reset() {
        state.withLock { state in
            state.requests = []
            state.methodCounts = [:]
            state.generation += 1
            state.connectionCount = 0
            state.decide = { _ in nil }
        }
    }

    /// Ends all connections and refuses new ones, as if nothing listened on the port.
    public func refuseConnections() {
        state.withLock { state in
            // The threads see that, and close them. A listener is gone for clients at once.
            for socket in state.connections.union(state.listener.map { [$0] } ?? []) {
                shutdown(socket, Int32(SHUT_RDWR))
            }
            state.listener = nil
        }
    }

    /// Accepts connections again, on the same port.
    public func acceptConnections() throws {
        guard state.withLock({ $0.listener == nil }) else { return }
        let listener = try Loopback.listen(on: port)
        state.withLock { $0.listener = listener }
        try startThread { [weak self] in
            while case let client = accept(listener, nil, nil), client >= 0 || errno == EINTR || errno == ECONNABORTED {
                guard client >= 0 else { continue }
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                guard let self, self.open(client, of: listener) else {
                    close(client)
                    continue
                }
                Loopback.disableDelay(client)
                try? startThread { ProxyConnection(client, self).serve() }
            }
            close(listener)
        }
    }

    deinit { refuseConnections() }

    /// Ends all connections for good.
    public func stop() { refuseConnections() }

    /// Notes a connection of a client; `false` if it came when none was to be accepted any more.
    private func open(_ client: Int32, of listener: Int32) -> Bool {
        state.withLock { state in
            guard state.listener == listener else { return false }
            state.connectionCount += 1
            state.connections.insert(client)
            return true
        }
    }
}
