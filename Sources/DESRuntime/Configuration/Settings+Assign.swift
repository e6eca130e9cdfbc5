extension Settings {
    /// Where des-assign listens.
    public static let assignListen = Setting(
        "assign.listen", .endpoint(standardPort: 8_000), standard: "127.0.0.1:8000",
        earlierNames: ["DES_ASSIGN_HOST"],
        help: "Where the service listens. Port 0 takes any that is free.")
    /// Who may ask for names.
    public static let assignTokens = Setting(
        "assign.tokens", .list(of: .bearerToken), unset: "everybody who reaches the port is served", isSecret: true,
        help: """
            Bearer tokens, each of which lets a client in; several, so that one can be replaced. Health, metrics and
            /openapi.json need none.
            """)
    /// The largest body of a request.
    public static let assignBodyLimit = Setting(
        "assign.body-limit", .byteCount(1_024...1 << 30), standard: "64KiB",
        help: "The largest body of a request; a larger one is answered with 413.")
    /// How long a request may take.
    public static let assignRequestTimeout = Setting(
        "assign.request-timeout", .duration(.milliseconds(100)...(.seconds(3_600))), standard: "10s",
        help: "How long a request may take, from its first line to the end of the answer.")
    /// How long a connection may do nothing.
    public static let assignIdleTimeout = Setting(
        "assign.idle-timeout", .duration(.milliseconds(100)...(.seconds(86_400))), standard: "60s",
        help: "How long a connection may wait for its next request, or take to send the head of one.")
    /// Connections at a time.
    public static let assignConnectionsMax = Setting(
        "assign.connections-max", .integer(1...1_000_000), standard: "10000",
        help: "Connections at a time; those beyond wait until one is closed.")

    /// The service that assigns names.
    public static let assign: [any SettingDeclaration] = [
        assignListen, assignTokens, assignBodyLimit, assignRequestTimeout, assignIdleTimeout, assignConnectionsMax,
    ]
}
