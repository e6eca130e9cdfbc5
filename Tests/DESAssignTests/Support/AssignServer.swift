import DESCore
import TestServers

/// `des-assign` as a process of its own.
final class AssignServer: Sendable {
    let daemon: Daemon
    let port: UInt16
    /// Where its node ids are kept.
    let state: String

    /// Starts it and waits until it listens.
    /// - Parameters:
    ///   - settings: `names.prefix=TEST` and the like.
    ///   - state: of another one, to share its node ids.
    init(
        _ settings: String..., nodes: String = "0-15", state: String? = nil, environment: [String: String] = [:]
    ) async throws {
        (port, self.state) = (try Loopback.freePort(), try state ?? TemporaryRoot.shared.directory())
        let all = ["names.state-directory=\(self.state)"] + settings
        daemon = try await Daemon(
            Toolbox.built("des-assign"),
            ["--listen", "127.0.0.1:\(port)", "--node-id", nodes] + all.flatMap { ["--set", $0] },
            environment: environment, port: port)
    }

    /// Calls `body` with a connection, on a thread that may block.
    func connected<T: Sendable>(_ body: @escaping @Sendable (HTTPConnection) throws -> T) async throws -> T {
        try await HTTPConnection.run { [port] in try body(try HTTPConnection(port: port)) }
    }

    /// One request over a connection of its own.
    func ask(
        _ method: String, _ path: String, _ fields: [(String, String)] = [], body: String? = nil
    ) async throws -> HTTPConnection.Answer {
        try await connected { try $0.ask(method, path, fields, body: body) }
    }

    /// Asks until the status is `status`.
    func wait(for status: Int, at path: String) async throws {
        try await wait { server in
            let answer = try await server.ask("GET", path)
            return answer.status == status ? nil : "\(path): \(answer), not \(status)"
        }
    }

    /// Waits for events of its log with this name: another thread writes them.
    @discardableResult
    func wait(forLogged event: String) async throws -> [JSON] {
        try await wait { $0.logged(event).isEmpty ? "no \(event) in \($0.daemon.output)" : nil }
        return logged(event)
    }

    /// Asks `problem` until there is none.
    /// - Throws: the last one, after a minute.
    func wait(_ problem: (AssignServer) async throws -> String?) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while let problem = try await problem(self) {
            guard ContinuousClock.now < end else { throw problem.failure }
            await Task.yield()
        }
    }

    /// The events of its log with this name.
    func logged(_ event: String) -> [JSON] {
        daemon.output.split(separator: "\n").compactMap { try? JSON(parsing: String($0)) }
            .filter { $0["event"]?.stringValue == event }
    }
}

extension HTTPConnection.Answer {
    /// The names of an answer of /assign or /assign/batch.
    var names: [String] {
        if let name = json?["name"]?.stringValue { return [name] }
        guard case .array(let names) = json?["names"] else { return [] }
        return names.compactMap { $0["name"]?.stringValue }
    }
}
