import Glibc

/// `rclone serve s3` over a directory. It ignores conditional writes, may answer a range with status 200, and cannot hold
/// both `x` and `x/y`.
public final class RcloneServer: S3Server {
    /// `http://127.0.0.1:PORT`.
    public let endpoint: String
    /// Where the objects are, as files: `objects/BUCKET/KEY`.
    public let objects: String
    /// The server process.
    public let daemon: Daemon
    private let directory: String

    private static let starting = Task { try await RcloneServer() }
    /// The server that all tests of this process share, each with a bucket of its own.
    public static var shared: RcloneServer { get async throws { try await starting.value } }

    /// Starts a server of its own, which ends with the last reference.
    public init() async throws {
        let (directory, port) = (try TemporaryRoot.shared.directory(), try Loopback.freePort())
        self.directory = directory
        objects = "\(directory)/objects"
        mkdir(objects, 0o700)
        endpoint = "http://127.0.0.1:\(port)"
        daemon = try await Daemon(
            "rclone",
            [
                "--config", "/dev/null", "--cache-dir", "\(directory)/cache", "serve", "s3",
                "--addr", "127.0.0.1:\(port)", "--auth-key", "testaccesskey,testsecretkey0123456789", objects,
            ], log: "\(directory)/log", port: port)
    }

    deinit { stop() }

    /// Ends it and removes what it stored.
    public func stop() {
        daemon.kill()
        TemporaryRoot.remove(directory)
    }
}
