import DESCore
import Glibc

/// Prometheus, which scrapes one target: what it understood of a page of metrics can be asked in PromQL. It scrapes for the
/// first time five seconds after its start.
public final class PrometheusServer: Sendable {
    /// `http://127.0.0.1:PORT`.
    public let endpoint: String
    /// The port it listens on.
    public let port: UInt16
    /// prometheus. It can be stopped, killed and restarted; what it scraped stays.
    public let daemon: Daemon
    private let directory: String

    /// One series of an answer, at the time of the query.
    public struct Sample: Sendable, Equatable {
        /// Its labels; the name of the metric is `__name__`.
        public let labels: [String: String]
        /// Its value.
        public let value: Double

        /// A sample to compare with.
        public init(_ labels: [String: String] = [:], value: Double) { (self.labels, self.value) = (labels, value) }
    }

    /// Starts a server, which ends with the last reference.
    /// - Parameters:
    ///   - target: `HOST:PORT` whose `/metrics` it scrapes, as the job `target`; `nil`: its own.
    ///   - interval: the time from scrape to scrape, and what one may take.
    public init(scraping target: String? = nil, every interval: Duration = .milliseconds(200)) async throws {
        let (directory, port) = (try TemporaryRoot.shared.directory(), try Loopback.freePort())
        (self.directory, self.port) = (directory, port)
        endpoint = "http://127.0.0.1:\(port)"
        let configuration = """
            global:
              scrape_interval: \(Int(interval / .milliseconds(1)))ms
              scrape_timeout: \(Int(interval / .milliseconds(1)))ms
            scrape_configs:
              - job_name: target
                static_configs:
                  - targets: ["\(target ?? "127.0.0.1:\(port)")"]

            """
        let file = try FileDescriptor(opening: "\(directory)/prometheus.yml", O_WRONLY | O_CREAT)
        try file.write(Array(configuration.utf8).span.bytes)
        daemon = try await Daemon(
            "prometheus",
            [
                "--config.file=\(directory)/prometheus.yml", "--storage.tsdb.path=\(directory)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
            ], log: "\(directory)/log", port: port)
    }

    deinit { stop() }

    /// Ends it.
    public func stop() {
        daemon.kill()
        TemporaryRoot.remove(directory)
    }

    /// The result of an expression in PromQL, asked for again until there is one.
    /// - Throws: after `seconds`, with what Prometheus said last and how its scrapes went; at once if the expression is
    ///   not PromQL.
    public func wait(for expression: String, seconds: Int = 60) async throws -> [Sample] {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let samples = try await query(expression)
            if let samples, !samples.isEmpty { return samples }
            guard ContinuousClock.now < end else {
                let targets = try await get("targets", [])
                throw ServerError(
                    "\(expression): \(samples == nil ? "Prometheus did not start" : "no result"); \(targets)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The result of an expression now: a vector, or a scalar without labels. `nil` while Prometheus is starting.
    public func query(_ expression: String) async throws -> [Sample]? {
        let answer = try await get("query", ["--get", "--data-urlencode", "query=\(expression)"])
        guard let json = try? JSON(parsing: answer) else { return nil }
        guard json["status"]?.stringValue == "success", let data = json["data"], let result = data["result"] else {
            throw ServerError("\(expression): \(answer)")
        }
        guard case .array(let series) = data["resultType"]?.stringValue == "vector" ? result : .array([result]) else {
            throw ServerError("\(expression): \(answer)")
        }
        return try series.map { series in
            guard case .array(let pair) = series["value"] ?? series, pair.count == 2,
                let value = pair[1].stringValue.flatMap(Double.init)
            else { throw ServerError("\(expression): \(answer)") }
            var labels: [String: String] = [:]
            if case .object(let members) = series["metric"] {
                for member in members { labels[member.key] = member.value.stringValue }
            }
            return Sample(labels, value: value)
        }
    }

    private func get(_ path: String, _ arguments: [String]) async throws -> String {
        try await Program.run(
            "curl",
            ["--silent", "--max-time", "30", "--noproxy", "*"] + arguments + ["\(endpoint)/api/v1/\(path)"]
        ).output
    }
}
