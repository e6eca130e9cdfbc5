extension Settings {
    /// Rows of a batch.
    public static let markerBatchSize = Setting(
        "marker.batch-size", .integer(1...10_000), standard: "100",
        help:
            "Rows that are marked in one transaction. 1,000 is much faster than 100, and 10,000 hardly faster than that."
    )
    /// Age.
    public static let markerMinimumAge = Setting(
        "marker.minimum-age", .duration(.zero...(.seconds(3_650 * 86_400)), unit: .days), standard: "1d",
        earlierNames: ["DES_MARKER_MAX_AGE_DAYS"],
        help: """
            Rows are marked when they have been there for so long, by the clock of the database; a number alone is days. (The
            earlier system called it the maximum age and meant this.) 0s marks rows as they come.
            """)
    /// How often to look.
    public static let markerInterval = Setting(
        "marker.interval", .duration(.milliseconds(10)...(.seconds(86_400))), standard: "5s",
        earlierNames: ["DES_MARKER_INTERVAL_SECONDS"],
        help: """
            How long to wait when there is nothing to do. New rows of des_queue end the wait at once; those of source.table do
            if its owner sends NOTIFY des_queue.
            """)
    /// Retries.
    public static let markerRetriesMax = Setting(
        "marker.retries-max", .integer(0...1_000), standard: "3", earlierNames: ["DES_MARKER_MAX_RETRIES"],
        help: "How often a row that cannot be marked is tried again before it is given up.")
    /// Waits between them.
    public static let markerRetryBase = Setting(
        "marker.retry-base", .number(1...3_600), standard: "2.0", earlierNames: ["DES_MARKER_RETRY_BACKOFF_BASE"],
        help: """
            Before its retries such a row rests for this to the power of 0, 1, 2, … seconds, an hour at most. Errors of the
            database are tried again after waits of the same growth, up to a minute, with chance in them.
            """)
    /// Rows per second.
    public static let markerRateLimit = Setting(
        "marker.rate-limit", .limit(0.001...1e9), unset: "no limit",
        help: "Rows per second that this process marks at most; what was not used is saved up for two seconds.")
    /// Dead letters.
    public static let markerDeadLetters = Setting(
        "marker.dead-letters", .flag, standard: "true", earlierNames: ["DES_MARKER_ENABLE_DLQ"],
        help: "Whether rows that were given up become dead letters, with the reason. Without, they are only failed.")
    /// A table of the host's for them.
    public static let markerDeadLetterTable = Setting(
        "marker.dead-letter-table", .text, unset: "dead letters are in des_dead_letters alone",
        earlierNames: ["DES_MARKER_DLQ_TABLE"],
        help: """
            A table that gets the dead letters of source.table as well, with the earlier system's columns (catalog_entry_id,
            created_at, error_message, retry_count).
            """)
    /// How often to count.
    public static let markerCheckInterval = Setting(
        "marker.check-interval", .duration(.milliseconds(100)...(.seconds(86_400))), standard: "30s",
        earlierNames: ["DES_HEALTH_CHECK_INTERVAL"],
        help: "How often the backlog is counted and the clock of the database is compared.")
    /// Node ids.
    public static let markerNodes = Setting(
        "marker.node-ids", .nodes, standard: "0-255",
        help: """
            Node ids that this process leases one of from the catalog. DES_NODE_ID is not needed: no two processes of a catalog
            have the same. Leave out those that des-assign uses for the same prefix.
            """)
    /// Where it listens.
    public static let markerListen = Setting(
        "marker.listen", .endpoint(standardPort: 9_101), standard: "127.0.0.1:9101",
        earlierNames: ["DES_METRICS_PORT"],
        help: "Where probes and metrics are served. A port alone is on all addresses, as in the earlier system.")

    /// The marker.
    public static let marker: [any SettingDeclaration] = [
        markerBatchSize, markerMinimumAge, markerInterval, markerRetriesMax, markerRetryBase, markerRateLimit,
        markerDeadLetters, markerDeadLetterTable, markerCheckInterval, markerNodes, markerListen,
    ]
}
