/// All metrics there are, of every program.
public enum MetricCatalog {
    // MARK: Every service

    /// Which build runs.
    public static let buildInfo = Metric.gauge(
        "des_build_info", unit: .info, labels: ["program", "version"], help: "The program that runs; always 1.")
    /// Requests answered.
    public static let httpRequests = Metric.counter(
        "des_http_requests_total", labels: ["route", "status"],
        help: "Requests answered, by route and class of the status (2xx, 4xx, 5xx).")
    /// Requests that were not answered in time.
    public static let httpCut = Metric.counter(
        "des_http_requests_cut_total",
        help:
            "Requests that were not answered in time: the body did not come, the answer took too long or was not read.")
    /// How long answers took.
    public static let httpRequestDuration = Metric.histogram(
        "des_http_request_duration_seconds", unit: .seconds,
        buckets: [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        labels: ["route"], help: "Time from the head of a request to its answer, by route.")

    // MARK: The process, as Prometheus' own libraries name it

    /// Time of processors.
    public static let processCPU = Metric.counter(
        "process_cpu_seconds_total", unit: .seconds, help: "Processor time of the process, user and system.")
    /// Memory.
    public static let processResident = Metric.gauge(
        "process_resident_memory_bytes", unit: .bytes, help: "Resident memory of the process.")
    /// Open files.
    public static let processDescriptors = Metric.gauge("process_open_fds", help: "Open descriptors of the process.")
    /// How many there may be.
    public static let processDescriptorsMax = Metric.gauge(
        "process_max_fds", help: "Descriptors that the process may open.")
    /// Start.
    public static let processStart = Metric.gauge(
        "process_start_time_seconds", unit: .timestampSeconds, help: "When the process started, in seconds since 1970.")

    // MARK: Names

    /// Names handed out.
    public static let namesIssued = Metric.counter("des_assign_names_issued_total", help: "Names handed out.")
    /// Waits.
    public static let generatorWaits = Metric.counter(
        "des_assign_generator_waits_total", help: "Requests that had to wait for a later millisecond.")
    /// Node ids.
    public static let nodesHeld = Metric.gauge("des_assign_nodes_held", help: "Node ids that the process holds.")
    /// Names in the future.
    public static let nameLead = Metric.gauge(
        "des_assign_lead_seconds", unit: .seconds,
        help: "How far names are ahead of the clock: after a crash, or after the clock was set back.")
    /// Clock.
    public static let clockSteps = Metric.counter(
        "des_assign_clock_steps_total", help: "How often the clock was found to be set back.")

    // MARK: The marker. Names of the earlier system where they said what they were.

    /// Rows.
    public static let markerMarked = Metric.counter(
        "des_marker_entries_marked_total", labels: ["status"], help: "Rows that were given a name; status is success.")
    /// Batches.
    public static let markerBatchDuration = Metric.histogram(
        "des_marker_batch_duration_seconds", unit: .seconds,
        buckets: [0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
        help: "Time that the database took for a batch with rows.")
    /// Errors.
    public static let markerErrors = Metric.counter(
        "des_marker_errors_total", labels: ["error_type"],
        help: "Batches that failed: transient, disconnected, setup, row, or names (no node id).")
    /// Rows to be tried again.
    public static let markerRetries = Metric.counter(
        "des_marker_retries_total", help: "Attempts at rows that could not be marked, and are tried again later.")
    /// Rows that were given up.
    public static let markerDeadLetters = Metric.counter(
        "des_marker_dlq_entries_total", help: "Rows that were given up; dead letters unless those are switched off.")
    /// Batch size.
    public static let markerBatchSize = Metric.gauge("des_marker_batch_size", help: "Rows of a batch, at most.")
    /// Backlog.
    public static let markerBacklog = Metric.gauge(
        "des_marker_backlog_entries", help: "Rows that wait and are old enough; a million at most are counted.")
    /// Age.
    public static let markerOldestAge = Metric.gauge(
        "des_marker_oldest_pending_age_seconds", unit: .seconds, help: "How long the oldest of them has been there.")
    /// Database.
    public static let markerDatabaseUp = Metric.gauge(
        "des_marker_database_up", help: "Whether the last use of the database went well: 1, else 0.")
    /// Names.
    public static let markerNames = Metric.gauge(
        "des_marker_names_reserved", help: "Names that this process has made, used or not.")
    /// Lease.
    public static let markerNodes = Metric.gauge(
        "des_marker_nodes_held", help: "Node ids that this process has leased from the catalog: 1, or 0 without names.")
    /// Lead.
    public static let markerNameLead = Metric.gauge(
        "des_marker_lead_seconds", unit: .seconds, help: "How far names are ahead of the clock of the database.")
    /// Clock.
    public static let markerClockOffset = Metric.gauge(
        "des_marker_clock_offset_seconds", unit: .seconds,
        help: "How far the clock of the database is ahead of this machine's.")

    /// All of them.
    public static let all = [
        packerFiles, packerBytes, packerContainers, packerAttempts, packerCommitDuration, packerUploadDuration,
        packerFetchDuration, packerFetchErrors, packerRetries, packerDeadLetters, packerLeasesHeld, packerLeasesLost,
        packerLockConflicts, packerClaimsOpen, packerSpoolBytes, packerBudgetUsed, packerOldestAge, packerManifests,
        packerDatabaseUp, packerErrors,
        buildInfo, httpRequests, httpCut, httpRequestDuration, processCPU, processResident, processDescriptors,
        processDescriptorsMax, processStart, namesIssued, generatorWaits, nodesHeld, nameLead, clockSteps,
        markerMarked, markerBatchDuration, markerErrors, markerRetries, markerDeadLetters, markerBatchSize,
        markerBacklog, markerOldestAge, markerDatabaseUp, markerNames, markerNodes, markerNameLead, markerClockOffset,
    ]
}
