import Synchronization

/// A server of the S3 protocol on loopback.
public protocol S3Server: Sendable {
    /// `http://127.0.0.1:PORT`.
    var endpoint: String { get }
    /// Ends it and removes what it stored.
    func stop()
}

private let bucketCount = Atomic(0)

extension S3Server {
    /// The access key that every server here takes.
    public var accessKey: String { "testaccesskey" }
    /// The secret that belongs to it.
    public var secretKey: String { "testsecretkey0123456789" }
    /// The region to sign for.
    public var region: String { "us-east-1" }

    /// Makes a bucket of one test.
    public func newBucket() async throws -> String {
        let name = "bucket-\(bucketCount.add(1, ordering: .relaxed).newValue)"
        let result = try await curl(["--request", "PUT", "--write-out", "%{http_code}", "\(endpoint)/\(name)"])
        guard result.output == "200" else { throw ServerError("\(endpoint): no bucket was made: \(result)") }
        return name
    }

    /// Runs curl with signed requests.
    public func curl(_ arguments: [String]) async throws -> Program.Result {
        // rclone takes the hash of an empty body for that of the body if there is no such header.
        let signing = [
            "--aws-sigv4", "aws:amz:\(region):s3", "--user", "\(accessKey):\(secretKey)",
            "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD",
        ]
        return try await Program.run("curl", ["--silent", "--max-time", "60"] + signing + arguments)
    }
}
