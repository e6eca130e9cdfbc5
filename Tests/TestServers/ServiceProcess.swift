public import DESCore

/// A service of this package as a process of its own, with probes and metrics.
public final class ServiceProcess: Sendable {
    /// Its process.
    public let daemon: Daemon
    /// Where it listens.
    public let port: UInt16

    /// Starts it and waits until it listens.
    /// - Parameters:
    ///   - name: of the program, as built beside the test bundle.
    ///   - arguments: `--listen` aside.
    ///   - settings: each as `section.name=value`.
    ///   - program: what it is started by, such as `faketime`, with arguments.
    public init(
        _ name: String, _ arguments: [String], settings: [String], environment: [String: String] = [:],
        startedBy program: [String] = []
    ) async throws {
        port = try Loopback.freePort()
        let command =
            program + [Toolbox.built(name)] + arguments + ["--listen", "127.0.0.1:\(port)"]
            + settings.flatMap { ["--set", $0] }
        daemon = try await Daemon(command[0], Array(command.dropFirst()), environment: environment, port: port)
    }

    /// A value of its metrics.
    /// - Parameter name: with its labels, if it has any.
    public func metric(_ name: String) async throws -> Double? {
        let text = try await HTTPConnection.run { [port] in
            try HTTPConnection(port: port).ask("GET", "/metrics").text
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) && !$0.hasPrefix("#") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// The answer to a probe.
    public func ask(_ path: String) async throws -> HTTPConnection.Answer {
        try await HTTPConnection.run { [port] in try HTTPConnection(port: port).ask("GET", path) }
    }

    /// Asks until it is ready (200), or is not (503).
    public func wait(for status: Int) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while case let answer = try await ask("/readyz"), answer.status != status {
            guard ContinuousClock.now < end else { throw ServerError("/readyz: \(answer), not \(status)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The events of its log with this name.
    public func logged(_ event: String) -> [JSON] {
        daemon.output.split(separator: "\n").compactMap { try? JSON(parsing: String($0)) }
            .filter { $0["event"]?.stringValue == event }
    }

    /// Waits until it has logged an event.
    public func wait(forLogged event: String, count: Int = 1) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while logged(event).count < count {
            guard ContinuousClock.now < end else { throw ServerError("no \(event) in \(daemon.output)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
