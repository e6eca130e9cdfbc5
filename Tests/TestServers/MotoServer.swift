/// moto, an imitation of S3 in Python. It does not check secrets, and honours `If-None-Match` also when a multipart upload
/// is completed.
public final class MotoServer: S3Server {
    /// `http://127.0.0.1:PORT`.
    public let endpoint: String
    /// The server process.
    public let daemon: Daemon
    private let directory: String

    private static let starting = Task { try await MotoServer() }
    /// The server that all tests of this process share, each with a bucket of its own.
    public static var shared: MotoServer { get async throws { try await starting.value } }

    /// Starts a server of its own, which ends with the last reference.
    public init() async throws {
        let (directory, port) = (try TemporaryRoot.shared.directory(), try Loopback.freePort())
        self.directory = directory
        endpoint = "http://127.0.0.1:\(port)"
        daemon = try await Daemon(
            "moto_server", ["-H", "127.0.0.1", "-p", "\(port)"], log: "\(directory)/log", port: port)
    }

    deinit { stop() }

    /// Ends it and forgets what it stored.
    public func stop() {
        daemon.kill()
        TemporaryRoot.remove(directory)
    }
}
