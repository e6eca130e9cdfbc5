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

    /// All of them.
    public static let all = [
        buildInfo, httpRequests, httpCut, httpRequestDuration, processCPU, processResident, processDescriptors,
        processDescriptorsMax, processStart, namesIssued, generatorWaits, nodesHeld, nameLead, clockSteps,
    ]
}
