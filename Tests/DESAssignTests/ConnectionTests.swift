import DESCore
import Glibc
import TestServers
import Testing

@Suite("How connections go on and end")
struct ConnectionTests {
    private static let shared = Task { try await AssignServer() }
    private static let batch = #"{"count":10000,"prefix":"\#(String(repeating: "L", count: 64))"}"#

    @Test("a client that reads its last answer slowly gets all of it", arguments: [false, true])
    func slowReader(isEnding: Bool) async throws {
        let server = try await AssignServer("service.drain-delay=0s")
        let count = try await HTTPConnection.run {
            let connection = try HTTPConnection(port: server.port, window: 4_096)
            let fields = isEnding ? [] : [("Connection", "close")]
            try connection.send("POST", "/assign/batch", fields, body: ConnectionTests.batch)
            _ = connection.isReadable(within: 60_000)
            if isEnding { try server.daemon.send(SIGTERM) }
            sleep(3)  // a client that does not read is what this is about
            return try connection.receive()?.names.count
        }
        #expect(count == 10_000)
        if isEnding { #expect(try await server.daemon.ending() == 0) }
    }

    @Test("a client that does not read its answer at all is cut when a request would have taken too long")
    func noReader() async throws {
        let server = try await AssignServer("assign.request-timeout=3s")
        try await HTTPConnection.run {
            let connection = try HTTPConnection(port: server.port, window: 4_096)
            try connection.send("POST", "/assign/batch", [("Connection", "close")], body: ConnectionTests.batch)
            _ = connection.isReadable(within: 60_000)
            sleep(5)
            #expect(throws: (any Error).self) { try connection.receive() }
        }
    }

    @Test(
        "after an answer to a request whose body nobody reads, the connection ends, however the body goes on",
        arguments: [("POST", "/nothing", 404), ("POST", "/livez", 405), ("POST", "/assign", 415)])
    func unreadBody(method: String, path: String, status: Int) async throws {
        let server = try await ConnectionTests.shared.value
        try await server.connected { connection in
            try connection.send(
                "\(method) \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 60000\r\n\r\n")
            let answer = try connection.dribble("x")
            #expect(answer?.status == status && answer?["Connection"] == "close", "\(answer?.description ?? "")")
            // The end is readable, and goes on being so: only sending tells that the server is gone. Within 600 bytes,
            // ten a second.
            let count = (0..<600).first { _ in
                usleep(100_000)
                return (try? connection.send("x")) == nil
            }
            #expect(count != nil, "the server reads on")
        }
    }

    @Test(
        "a connection goes on after a request unless the client wants it to be the last one",
        arguments: [
            ("close", true), ("Close", true), ("keep-alive, close", true), ("x,CLOSE ,y", true), ("keep-alive", false),
            ("closed", false), ("x-close", false),
        ])
    func close(value: String, isLast: Bool) async throws {
        let server = try await ConnectionTests.shared.value
        try await server.connected { connection in
            let answer = try connection.ask("GET", "/livez", [("Connection", value)])
            #expect(answer.status == 200 && (answer["Connection"] == "close") == isLast)
            if isLast {
                #expect(try connection.receive() == nil)
            } else {
                #expect(try connection.ask("GET", "/livez").status == 200)
            }
        }
    }

    @Test("who asks before sending a body is told to send it", arguments: ["100-continue", "100-Continue"])
    func expectation(value: String) async throws {
        let server = try await ConnectionTests.shared.value
        try await server.connected { connection in
            for _ in 0..<2 {
                try connection.send("POST /assign HTTP/1.1\r\nHost: x\r\nExpect: \(value)\r\nContent-Length: 2\r\n\r\n")
                #expect(try connection.receive()?.status == 100)
                try connection.send("{}")
                let answer = try connection.receive()
                #expect(answer?.status == 200 && answer?.names.count == 1)
            }
        }
    }

    @Test("who asks before sending a body that is too large is answered 413 at once")
    func expectationTooLarge() async throws {
        let server = try await ConnectionTests.shared.value
        let answer = try await server.connected { connection in
            try connection.send(
                "POST /assign HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
            return try connection.receive()
        }
        #expect(answer?.status == 413)
    }

    @Test("HEAD that is answered before its body has come has no body in its answer")
    func head() async throws {
        let server = try await ConnectionTests.shared.value
        try await server.connected { connection in
            try connection.send("HEAD /assign HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
            #expect(try connection.receive(hasBody: false)?.status == 405)
            #expect(try connection.receive() == nil, "the answer has a body")
        }
    }
}
