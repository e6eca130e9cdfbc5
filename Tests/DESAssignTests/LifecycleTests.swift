import DESCore
import Glibc
import Synchronization
import TestServers
import Testing

@Suite("Start and end of the assignment service")
struct LifecycleTests {
    /// What clients were given.
    private final class Given: Sendable {
        let answers = Mutex<[[String]]>([])
    }

    @Test("SIGTERM under load loses no request: whatever was sent is answered, and the exit status is 0")
    func drain() async throws {
        let server = try await AssignServer()
        let given = Given()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<8 {
                group.addTask {
                    try await server.connected { connection in
                        while true {
                            let body = client % 2 == 0 ? #"{"count":50}"# : "{}"
                            try connection.send("POST", client % 2 == 0 ? "/assign/batch" : "/assign", body: body)
                            guard let answer = try connection.receive() else { throw "no answer".failure }
                            guard answer.status == 200 else { throw answer.text.failure }
                            given.answers.withLock { $0.append(answer.names) }
                            if answer["Connection"] == "close" { return }
                        }
                    }
                }
            }
            while given.answers.withLock({ $0.count }) < 500 { await Task.yield() }
            try server.daemon.send(SIGTERM)
            try await group.waitForAll()
        }
        #expect(try await server.daemon.ending() == 0)
        let all = given.answers.withLock { $0.flatMap { $0 } }
        #expect(Set(all).count == all.count && all.count > 500)
        let issued = server.logged("assign.released").first?["issued"]?.integerValue
        #expect(issued == all.count, "names were made that no client was given")
    }

    @Test("SIGTERM under load loses no request of clients that connect for each: who is connected is answered")
    func drainShortConnections() async throws {
        let server = try await AssignServer("service.drain-delay=300ms")
        let given = Given()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try await HTTPConnection.run {
                        // Until nobody listens any more.
                        while let connection = try? HTTPConnection(port: server.port) {
                            let answer = try connection.ask("POST", "/assign", body: "{}")
                            guard answer.status == 200 else { throw answer.text.failure }
                            given.answers.withLock { $0.append(answer.names) }
                        }
                    }
                }
            }
            while given.answers.withLock({ $0.count }) < 500 { await Task.yield() }
            try server.daemon.send(SIGTERM)
            try await group.waitForAll()
        }
        #expect(try await server.daemon.ending() == 0)
        let all = given.answers.withLock { $0.flatMap { $0 } }
        #expect(Set(all).count == all.count)
        #expect(server.logged("assign.released").first?["issued"]?.integerValue == all.count)
    }

    @Test("while it drains it is alive, not ready, and still serves; then nobody can connect")
    func notReady() async throws {
        let server = try await AssignServer("service.drain-delay=600s")
        try server.daemon.send(SIGTERM)
        try await server.wait(for: 503, at: "/readyz")
        let ready = try await server.ask("GET", "/readyz")
        #expect(ready.json?["checks"]?["service"]?.stringValue == "stopping", "\(ready)")
        #expect(try await server.ask("GET", "/livez").status == 200)
        #expect(try await server.ask("POST", "/assign", body: "{}").status == 200)
        server.daemon.kill()

        let brief = try await AssignServer("service.drain-delay=100ms")
        try brief.daemon.send(SIGTERM)
        #expect(try await brief.daemon.ending() == 0)
        await #expect(throws: (any Error).self) { try await brief.ask("GET", "/livez") }
    }

    @Test("a second signal ends it at once", arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func second(signal: Int32, status: Int32) async throws {
        let server = try await AssignServer("service.drain-delay=600s")
        try server.daemon.send(SIGTERM)
        try await server.wait(for: 503, at: "/readyz")
        try server.daemon.send(signal)
        #expect(try await server.daemon.ending() == status)
    }

    @Test("a request that does not end is cut after the drain time-out, and the end is in time")
    func stuck() async throws {
        let server = try await AssignServer("service.drain-timeout=200ms", "assign.request-timeout=1h")
        try await server.connected { connection in
            // The answer to the first request says that the head of the second, which came with it, is there as well.
            try connection.send(
                "GET /livez HTTP/1.1\r\nHost: x\r\n\r\nPOST /assign HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{")
            #expect(try connection.receive()?.status == 200)
            try server.daemon.send(SIGTERM)
            let answer = try? connection.receive()
            #expect(answer == nil || answer?.status == 503, "\(answer?.description ?? "")")
        }
        #expect(try await server.daemon.ending() == 0)
        #expect(server.logged("service.cut").first?["level"]?.stringValue == "warning")
    }

    @Test("names go on where they were, through SIGKILL and SIGTERM, and never come twice")
    func restart() async throws {
        let state = try TemporaryRoot.shared.directory()
        var (all, latest) = ([String](), 0)
        for life in 0..<6 {
            let server = try await AssignServer(nodes: "3", state: state)
            let names = try await server.ask("POST", "/assign/batch", body: #"{"count":2000}"#).names
            let times = try names.map { try DESName($0).milliseconds }
            #expect(times.min() ?? 0 > latest, "life \(life) began before the end of the one before")
            latest = times.max() ?? latest
            all += names
            if life % 2 == 0 {
                server.daemon.kill()
            } else {
                try server.daemon.send(SIGTERM)
                #expect(try await server.daemon.ending() == 0)
            }
        }
        #expect(Set(all).count == 12_000)
    }

    @Test("of two processes with one node id the second waits, not ready, until the first has given it back")
    func sameNode() async throws {
        let first = try await AssignServer(nodes: "5")
        try await first.wait(for: 200, at: "/readyz")
        let second = try await AssignServer(nodes: "5", state: first.state)
        #expect(try await second.ask("GET", "/livez").status == 200)
        let answer = try await second.ask("POST", "/assign", body: "{}")
        #expect(answer.status == 503 && answer["Retry-After"] == "1" && answer.text.contains("5"), "\(answer)")
        let ready = try await second.ask("GET", "/readyz")
        #expect(ready.status == 503 && ready.json?["checks"]?["names"] != nil, "\(ready)")
        try first.daemon.send(SIGTERM)
        #expect(try await first.daemon.ending() == 0)
        try await second.wait(for: 200, at: "/readyz")
        #expect(try await second.ask("POST", "/assign", body: "{}").status == 200)
        try await second.wait(forLogged: "assign.no_names")
        #expect(try await second.wait(forLogged: "assign.ready").count == 1)
    }

    @Test("a port that is taken is said, with status 13")
    func portTaken() async throws {
        let server = try await AssignServer()
        let other = try await Daemon(
            Toolbox.built("des-assign"),
            [
                "--listen", "127.0.0.1:\(server.port)", "--node-id", "9", "--set",
                "names.state-directory=\(server.state)",
            ])
        #expect(try await other.ending() == 13)
        #expect(other.output.contains("127.0.0.1:\(server.port)") && other.output.contains("in use"), "\(other.output)")
    }

    @Test("a state directory that cannot be written is said, and no name is handed out")
    func readOnlyState() async throws {
        // The proc file system takes no directories, not from root either.
        let server = try await AssignServer("names.state-directory=/proc/des-nodes")
        let answer = try await server.ask("POST", "/assign", body: "{}")
        #expect(answer.status == 503 && answer.text.contains("cannot make the directory"), "\(answer)")
        #expect(try await server.ask("GET", "/readyz").status == 503)
        let refused = try await server.wait(forLogged: "assign.no_names")
        #expect(refused.first?["reason"]?.stringValue?.contains("/proc") == true)
    }

    @Test("a wrong configuration is said in full, with status 78, and nothing is served")
    func configuration() async throws {
        let daemon = try await Daemon(
            Toolbox.built("des-assign"), ["--listen", "nowhere:", "--set", "names.shard-bits=0", "--set", "a.b=c"])
        #expect(try await daemon.ending() == 78)
        let lines = daemon.output.split(separator: "\n")
        #expect(lines.count == 4 && lines.allSatisfy { $0.hasPrefix("des-assign: ") }, "\(daemon.output)")
        for word in ["--listen", "names.shard-bits", "names.node-id is not set", "\"a.b\""] {
            #expect(daemon.output.contains(word), "\(word): \(daemon.output)")
        }
    }

    @Test("--help and --version answer, and a wrong flag is a usage error")
    func arguments() async throws {
        for (argument, status, word) in [
            ("--help", 0, "names.node-id"), ("--version", 0, DESVersion.text), ("--nothing", 64, "--nothing"),
        ] as [(String, Int32, String)] {
            let daemon = try await Daemon(Toolbox.built("des-assign"), [argument])
            #expect(try await daemon.ending() == status)
            #expect(daemon.output.contains(word), "\(daemon.output)")
        }
    }
}
