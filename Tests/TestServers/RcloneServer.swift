import Glibc

/// `rclone serve s3` over a directory. It ignores conditional writes, may answer a range with status 200, and cannot hold
/// both `x` and `x/y`.
public final class RcloneServer: S3Server {
    /// `http://127.0.0.1:PORT`, or `https://…` for one with a certificate.
    public let endpoint: String
    /// Where the objects are, as files: `objects/BUCKET/KEY`.
    public let objects: String
    /// The server process.
    public let daemon: Daemon
    private let directory: String

    private static let starting = Task { try await RcloneServer() }
    /// The server that all tests of this process share, each with a bucket of its own.
    public static var shared: RcloneServer { get async throws { try await starting.value } }

    /// Its certificate, signed by nobody else: what a client has to trust. A file.
    public let certificate: String?

    /// Starts a server of its own, which ends with the last reference.
    /// - Parameter isSecure: it speaks TLS alone.
    public init(isSecure: Bool = false) async throws {
        let (directory, port) = (try TemporaryRoot.shared.directory(), try Loopback.freePort())
        self.directory = directory
        objects = "\(directory)/objects"
        mkdir(objects, 0o700)
        endpoint = "\(isSecure ? "https" : "http")://127.0.0.1:\(port)"
        let (certificate, key) = ("\(directory)/certificate.pem", "\(directory)/key.pem")
        self.certificate = isSecure ? certificate : nil
        if isSecure {
            try await Program.check(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                    "-out", certificate,
                ])
        }
        daemon = try await Daemon(
            "rclone",
            [
                "--config", "/dev/null", "--cache-dir", "\(directory)/cache", "serve", "s3",
                "--addr", "127.0.0.1:\(port)", "--auth-key", "testaccesskey,testsecretkey0123456789", objects,
            ] + (isSecure ? ["--cert", certificate, "--key", key] : []), log: "\(directory)/log", port: port)
    }

    deinit { stop() }

    /// Ends it and removes what it stored.
    public func stop() {
        daemon.kill()
        TemporaryRoot.remove(directory)
    }
}
