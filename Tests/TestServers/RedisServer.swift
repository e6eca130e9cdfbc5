/// Redis without persistence.
public final class RedisServer: Sendable {
    /// `redis://127.0.0.1:PORT`, or `redis://default:PASSWORD@127.0.0.1:PORT`.
    public let endpoint: String
    /// The port it listens on.
    public let port: UInt16
    /// The path of the socket it listens on as well.
    public var socketPath: String { "\(directory)/socket" }
    /// redis-server. It can be stopped, killed and restarted; a restarted one is empty.
    public let daemon: Daemon
    private let directory: String

    private static let starting = Task { try await RedisServer() }
    /// The server, without a password, that all tests of this process share. Keys must differ from test to test.
    public static var shared: RedisServer { get async throws { try await starting.value } }

    /// Starts a server of its own, which ends with the last reference.
    public init(password: String? = nil) async throws {
        let (directory, port) = (try TemporaryRoot.shared.directory(), try Loopback.freePort())
        (self.directory, self.port) = (directory, port)
        endpoint = "redis://\(password.map { "default:\($0)@" } ?? "")127.0.0.1:\(port)"
        daemon = try await Daemon(
            "redis-server",
            [
                "--bind", "127.0.0.1", "--port", "\(port)", "--dir", directory, "--save", "", "--appendonly", "no",
                "--unixsocket",
                "\(directory)/socket",
            ]
                + (password.map { ["--requirepass", $0] } ?? []),
            log: "\(directory)/log", port: port)
    }

    deinit { stop() }

    /// Ends it.
    public func stop() {
        daemon.kill()
        TemporaryRoot.remove(directory)
    }
}
