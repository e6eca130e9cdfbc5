public import DESCore

extension S3Store {
    /// The bucket as the environment and the profile files describe it: endpoint, region, credentials, certificates, as the
    /// AWS tools find them.
    public static func connect(
        bucket: String, environment: Environment = .process, options: Options = Options()
    ) async throws -> S3Store {
        let settings = try await S3Settings.load(environment)
        // Token services and metadata are asked with a client of their own: they are other hosts.
        var connections = HTTPClient.Options()
        connections.certificates = settings.caBundle
        connections.directHosts = settings.directHosts
        let client = try HTTPClient(connections)
        return try S3Store(
            bucket: bucket, settings: settings,
            credentials: CredentialSource(environment) { try await client.send($0) },
            options: options)
    }
}
