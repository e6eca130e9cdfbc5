public import Logging

extension Settings {
    /// How long a service takes to stop.
    public static let drainTimeout = Setting(
        "service.drain-timeout", .duration(.milliseconds(0)...(.seconds(3_600))), standard: "25s",
        help: """
            How long requests under way may take to end after SIGTERM or SIGINT; then they are cut. Less than the grace period
            of what stops the service (30 s in Kubernetes).
            """)
    /// How long a service goes on accepting after it was told to stop.
    public static let drainDelay = Setting(
        "service.drain-delay", .duration(.milliseconds(0)...(.seconds(600))), standard: "1s",
        help: """
            How long to go on accepting connections after SIGTERM or SIGINT, while /readyz already says no: the time that load
            balancers take to notice. It comes on top of service.drain-timeout.
            """)
    /// What is logged.
    public static let logLevel = Setting(
        "service.log-level", .logLevel, standard: "info", earlierNames: ["LOG_LEVEL"],
        help: "The least level that is logged. At debug every request is.")

    /// What every service has.
    public static let service: [any SettingDeclaration] = [drainTimeout, drainDelay, logLevel]
}
