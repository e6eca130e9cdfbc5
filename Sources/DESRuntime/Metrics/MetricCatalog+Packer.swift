/// The packer. Names of the earlier system where they said what they were; what was counted by shard is counted in all.
extension MetricCatalog {
    /// Files.
    public static let packerFiles = Metric.counter(
        "des_packer_files_packed_total", help: "Files in containers that were committed.")
    /// Bytes.
    public static let packerBytes = Metric.counter(
        "des_packer_bytes_packed_total", help: "Bytes of the bodies of these files.")
    /// Containers.
    public static let packerContainers = Metric.counter(
        "des_packer_containers_sealed_total", labels: ["reason"],
        help: "Containers that were committed, by why they were sealed.")
    /// Attempts.
    public static let packerAttempts = Metric.counter(
        "des_packer_attempts_total", labels: ["ending"],
        help: "Claims for a container, by how they ended: committed, abandoned, lost (the lease), nothing (to claim).")
    /// Commits.
    public static let packerCommitDuration = Metric.histogram(
        "des_packer_commit_duration_seconds", unit: .seconds,
        buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
        help: "Time of the transaction that commits a container.")
    /// Uploads.
    public static let packerUploadDuration = Metric.histogram(
        "des_packer_upload_duration_seconds", unit: .seconds,
        buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
        help: "Time that it takes to make an object of a sealed container, and to look at its end.")
    /// Fetches.
    public static let packerFetchDuration = Metric.histogram(
        "des_packer_fetch_duration_seconds", unit: .seconds,
        buckets: [0.000_1, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
        help: "Time that a body took to come from its source, repeats included.")
    /// Errors of sources.
    public static let packerFetchErrors = Metric.counter(
        "des_packer_fetch_errors_total", labels: ["class"],
        help: "Bodies that could not be had, by the class of the error, as `des --json` prints it.")
    /// Rows to be tried again.
    public static let packerRetries = Metric.counter(
        "des_packer_retries_total", help: "Attempts at rows that could not be packed, and are tried again later.")
    /// Rows that were given up.
    public static let packerDeadLetters = Metric.counter(
        "des_packer_dlq_entries_total", help: "Rows that were given up, and are dead letters.")
    /// Leases.
    public static let packerLeasesHeld = Metric.gauge("des_packer_leases_held", help: "Shards that the process holds.")
    /// Lost ones.
    public static let packerLeasesLost = Metric.counter(
        "des_packer_leases_lost_total", help: "Shards that somebody else took, as they were not renewed in time.")
    /// Others were faster.
    public static let packerLockConflicts = Metric.counter(
        "des_shard_lock_conflicts_total", help: "Shards with work that somebody else leased first.")
    /// Claims.
    public static let packerClaimsOpen = Metric.gauge(
        "des_packer_claims_open", help: "Containers that the process has claimed rows for and not committed yet.")
    /// Spool.
    public static let packerSpoolBytes = Metric.gauge(
        "des_packer_spool_bytes", unit: .bytes, help: "Bytes of containers that are being written or uploaded.")
    /// Memory.
    public static let packerBudgetUsed = Metric.gauge(
        "des_packer_memory_budget_used_bytes", unit: .bytes,
        help: "Memory that is set aside for bodies on their way, of packer.memory.")
    /// Lag.
    public static let packerOldestAge = Metric.gauge(
        "des_packer_oldest_marked_age_seconds", unit: .seconds,
        help: "How long the oldest row that waits has had its name, of those that were looked at last; 0 if none waits."
    )
    /// Manifests.
    public static let packerManifests = Metric.counter(
        "des_packer_manifests_total", labels: ["status"], help: "Manifests: written, or failed and tried again later.")
    /// Database.
    public static let packerDatabaseUp = Metric.gauge(
        "des_packer_database_up", help: "Whether the last use of the database went well: 1, else 0.")
    /// Errors.
    public static let packerErrors = Metric.counter(
        "des_packer_errors_total", labels: ["error_type"],
        help: "Steps that failed: transient, disconnected, setup, row (of the database), store, source, spool, commit.")
}
