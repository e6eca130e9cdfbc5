import DESCore
import Glibc

/// A proxy on loopback in front of one PostgreSQL server, that counts the messages of all connections, in both directions,
/// and can cut a connection between any two of them.
///
/// A request for encryption and its answer count as well. The server has to decline it: what is encrypted cannot be counted.
public final class PostgresProxy: Sendable {
    private struct State {
        var messageCount = 0
        /// The count of messages at which a connection is cut.
        var cutCount: Int?
        var hasCut = false
        var isRefusing = false
        var listener: Int32?
        /// Those of clients that are being served.
        var connectionCount = 0
        /// Of clients and to the server.
        var sockets: Set<Int32> = []
    }

    /// The port for clients.
    public let port: UInt16
    private let serverPort: UInt16
    private let state = Monitor(State())

    /// Starts a proxy for the server that listens on a port. Without a server there, connections are closed at once.
    public init(for port: UInt16) throws {
        (serverPort, self.port) = (port, try Loopback.freePort())
        let listener = try Loopback.listen(on: self.port)
        state.withLock { $0.listener = listener }
        try startThread { [weak self] in
            while case let client = accept(listener, nil, nil), client >= 0 || errno == EINTR || errno == ECONNABORTED {
                guard client >= 0 else { continue }
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                guard let self, self.open(client) else {
                    close(client)
                    continue
                }
                Loopback.disableDelay(client)
                if (try? startThread { self.serve(client) }) == nil { self.end([client]) }
            }
            close(listener)
        }
    }

    deinit { stop() }

    /// How many messages have passed. One is counted before it is sent on: who has it sees it counted.
    public var messageCount: Int { state.withLock { $0.messageCount } }

    /// Whether what the last ``cut(after:)`` asked for has happened. True before a client can notice it.
    public var hasCut: Bool { state.withLock { $0.hasCut } }

    /// Cuts one connection: that over which message number `count` passes, counted from now. Both sides get that message
    /// and those before it, and then the end of the connection; none after it. Replaces a cut that has not happened yet.
    /// - Parameter count: at least 1.
    public func cut(after count: Int) {
        precondition(count > 0, "a connection is cut after a message")
        state.withLock { ($0.cutCount, $0.hasCut) = ($0.messageCount + count, false) }
    }

    /// Cuts all connections that there are.
    public func cutAll() {
        state.withLock { state in
            // The threads see that, and close them.
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// While `isRefusing`, a new connection is accepted and closed at once. Those that there are stay.
    public func refuse(_ isRefusing: Bool) { state.withLock { $0.isRefusing = isRefusing } }

    /// Returns when there is no connection any more: all that was sent over them has been counted.
    /// - Throws: after a minute.
    public func waitForConnectionsToEnd() async throws {
        let hasEnded = try await HTTPConnection.run { [state] in
            state.wait(seconds: 60) { $0.connectionCount == 0 ? true : nil }
        }
        guard hasEnded != nil else { throw ServerError("a connection through the proxy does not end") }
    }

    /// Ends all connections for good: nothing listens on the port any more.
    public func stop() {
        state.withLock { state in
            if let listener = state.listener { shutdown(listener, Int32(SHUT_RDWR)) }
            state.listener = nil
        }
        cutAll()
    }

    /// Notes a connection of a client; `false` if none is to be accepted.
    private func open(_ client: Int32) -> Bool {
        state.withLock { state in
            guard state.listener != nil, !state.isRefusing else { return false }
            state.connectionCount += 1
            state.sockets.insert(client)
            return true
        }
    }

    private func serve(_ client: Int32) {
        guard let server = try? Loopback.connect(to: serverPort) else { return end([client]) }
        // Not if all were cut meanwhile.
        let isWanted = state.withLock { state in
            state.sockets.insert(server)
            return state.listener != nil
        }
        if isWanted {
            var connection = PostgresConnection(client: client, server: server, self)
            connection.serve()
        }
        end([client, server])
    }

    private func end(_ sockets: [Int32]) {
        state.update { state in
            for socket in sockets {
                state.sockets.remove(socket)
                // Also when a program that is being started has inherited it. What was sent arrives before the end.
                shutdown(socket, Int32(SHUT_RDWR))
                close(socket)
            }
            state.connectionCount -= 1
        }
    }

    /// Counts one message that is about to be sent on.
    /// - Returns: whether its connection is to be cut after it.
    func count() -> Bool {
        state.withLock { state in
            state.messageCount += 1
            guard state.messageCount == state.cutCount else { return false }
            state.hasCut = true
            return true
        }
    }
}
