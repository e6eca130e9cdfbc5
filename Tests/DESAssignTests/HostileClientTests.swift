import DESCore
import TestServers
import Testing

@Suite("Clients that do not behave")
struct HostileClientTests {
    @Test("a body that is too large is answered with 413, announced or not, and not read to its end")
    func tooLarge() async throws {
        let server = try await AssignServer("assign.body-limit=1KiB")
        let announced = try await server.connected { connection in
            try connection.send("POST /assign HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n{")
            return (try connection.receive(), try connection.receive())
        }
        #expect(announced.0?.status == 413 && announced.0?["Connection"] == "close")
        #expect(announced.1 == nil, "the connection goes on")
        let chunked = try await server.connected { connection in
            try connection.send("POST /assign HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            // What comes after the answer may find the connection closed.
            for _ in 0..<64 where (try? connection.send("400\r\n\(String(repeating: "x", count: 1_024))\r\n")) == nil {
                break
            }
            return try connection.receive()
        }
        #expect(chunked?.status == 413)
        let exact = #"{"prefix":"A"\#(String(repeating: " ", count: 1_024 - 14))}"#
        #expect(try await server.ask("POST", "/assign", body: exact).status == 200)
        #expect(try await server.ask("POST", "/assign", body: exact + " ").status == 413)
    }

    @Test("a chunked body is taken like any other")
    func chunked() async throws {
        let server = try await AssignServer()
        let answer = try await server.connected { connection in
            try connection.send("POST /assign HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for part in [#"{"pre"#, #"fix":"#, #""A"}"#] {
                try connection.send("\(String(part.utf8.count, radix: 16))\r\n\(part)\r\n")
            }
            try connection.send("0\r\n\r\n")
            return try connection.receive()
        }
        #expect(answer?.names.first?.hasPrefix("A_") == true)
    }

    @Test("a body that does not come is answered with 408 when the time is up, also if a byte comes now and then")
    func slowBody() async throws {
        let server = try await AssignServer("assign.request-timeout=500ms")
        let answer = try await server.connected { connection in
            try connection.send("POST /assign HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
            // Until the connection is closed; each byte restarts a time-out that looks at the last byte only.
            return try connection.dribble("{")
        }
        // Announced as too large: it is not waited for.
        #expect(answer?.status == 413)
        let small = try await server.connected { connection in
            try connection.send("POST /assign HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
            return try connection.dribble(" ")
        }
        #expect(small?.status == 408 && small?["Connection"] == "close")
        #expect(small?.json?["detail"] != nil)
        let metrics = try await server.ask("GET", "/metrics").text
        #expect(metrics.contains("des_http_requests_cut_total 1\n"))
    }

    @Test("connections that send the head of a request byte by byte are closed, and others are served meanwhile")
    func slowHead() async throws {
        let server = try await AssignServer("assign.idle-timeout=1s")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    let answer = try await server.connected { connection in
                        try connection.send("POST /assign HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                        return try connection.dribble("x")
                    }
                    #expect(answer == nil, "\(answer?.description ?? "")")
                }
            }
            for _ in 0..<100 { #expect(try await server.ask("POST", "/assign", body: "{}").status == 200) }
            try await group.waitForAll()
        }
        #expect(try await server.ask("POST", "/assign", body: "{}").status == 200)
    }

    @Test("a thousand idle connections cost no answer, and memory in proportion")
    func idle() async throws {
        let server = try await AssignServer()
        let (before, after) = try await server.connected { [port = server.port] connection in
            func resident() throws -> Double {
                let text = try connection.ask("GET", "/metrics").text
                let line = text.split(separator: "\n").last { $0.hasPrefix("process_resident_memory_bytes ") }
                return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) } ?? 0
            }
            let before = try resident()
            let idle = try (0..<1_000).map { _ in try HTTPConnection(port: port) }
            for _ in 0..<100 { _ = try connection.ask("POST", "/assign", body: "{}") }
            // They are alive, all of them.
            for connection in idle where try connection.ask("POST", "/assign", body: "{}").status != 200 {
                throw "an idle connection is not served".failure
            }
            return (before, try resident())
        }
        #expect(before > 0 && after - before < 64e6, "\(before) bytes, then \(after)")
    }

    @Test("beyond the number of connections a client waits, and is served when another one leaves")
    func connectionsMax() async throws {
        let server = try await AssignServer("assign.connections-max=2")
        try await server.connected { [port = server.port] first in
            let second = try HTTPConnection(port: port)
            #expect(try first.ask("GET", "/livez").status == 200 && second.ask("GET", "/livez").status == 200)
            let third = try HTTPConnection(port: port)
            try third.send("GET", "/livez")
            #expect(try first.ask("GET", "/livez").status == 200)
            #expect(!third.isReadable(within: 300), "a third connection is served")
            try first.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(try first.receive()?.status == 200)
            #expect(try first.receive() == nil)
            #expect(try third.receive()?.status == 200)
        }
    }

    @Test(
        "what is no HTTP is answered with 400 or cut, and hurts nobody else",
        arguments: [
            "\r\n\r\n\r\nfoo\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
            "POST /assign HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            "POST /assign HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            "POST /assign HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET /\(String(repeating: "x", count: 100_000)) HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 100_000))\r\n\r\n",
            "GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 10_000))\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
        ])
    func noHTTP(text: String) async throws {
        let server = try await HostileClientTests.shared.value
        let status = try await server.connected { connection in
            try? connection.send(text)
            connection.endOutput()
            // A reset is an answer too.
            return (try? connection.receive())??.status
        }
        #expect(status == nil || (400..<500).contains(status ?? 0), "\(status ?? 0)")
        #expect(try await server.ask("POST", "/assign", body: "{}").status == 200)
    }

    @Test("clients that leave in the middle of anything leave nothing behind")
    func leaving() async throws {
        // Its own: others would open connections meanwhile.
        let server = try await AssignServer()
        try await server.wait(for: 200, at: "/readyz")
        let before = try await server.openDescriptors()
        for text in [
            "P", "POST /assign HTTP/1.1\r\n", "POST /assign HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{",
            "POST /assign/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n{\"count\":10000}",
        ] {
            for _ in 0..<25 { try await server.connected { try $0.send(text) } }
        }
        #expect(try await server.ask("POST", "/assign", body: "{}").status == 200)
        // A few more for what is opened once, far fewer than were left.
        try await server.wait { server in
            let count = try await server.openDescriptors()
            return count <= before + 5 ? nil : "\(count) descriptors are open, \(before) before"
        }
    }

    private static let shared = Task { try await AssignServer() }
}

extension AssignServer {
    /// As its own metrics say.
    func openDescriptors() async throws -> Int {
        let text = try await ask("GET", "/metrics").text
        let line = text.split(separator: "\n").last { $0.hasPrefix("process_open_fds ") }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? .max
    }
}
