import DESCore
import TestServers
import Testing

@Suite("The answers of the assignment service")
struct AssignContractTests {
    private static let starting = Task { try await AssignServer("names.prefix=SELF", "names.key-prefix=archive") }
    private var server: AssignServer { get async throws { try await AssignContractTests.starting.value } }

    @Test(
        "a name, its shard and its day are answered as the earlier service did",
        arguments: [#"{"prefix":"DES","meta_hint":{"kind":"x"}}"#, #"{"prefix":"DES","meta_hint":null,"more":1}"#])
    func assign(body: String) async throws {
        let answer = try await server.ask("POST", "/assign", body: body)
        #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
        guard case .object(let members) = answer.json else { throw answer.text.failure }
        #expect(members.map(\.key) == ["name", "shard_id", "day"])
        let name = try DESName(answer.json?["name"]?.stringValue ?? "")
        #expect(name.prefix.description == "DES")
        #expect(answer.json?["day"]?.stringValue == name.day.description)
        #expect(answer.json?["shard_id"]?.integerValue == name.shard(bits: .standard).number)
    }

    @Test("without a prefix the configured one is used")
    func standardPrefix() async throws {
        let answer = try await server.ask("POST", "/assign", body: "{}")
        #expect(answer.names.first?.hasPrefix("SELF_") == true, "\(answer)")
    }

    @Test(
        "a bad prefix is answered with 400 and the earlier service's words",
        arguments: [
            (#"{"prefix":""}"#, "prefix must be non-empty"),
            (#"{"prefix":"Ä"}"#, "prefix must contain only ASCII characters"),
            (#"{"prefix":"A_B"}"#, "prefix may only use letters or digits"),
            (#"{"prefix":7}"#, "prefix must be a string"),
            (#"{"prefix":null}"#, "prefix must be a string"),
            (#"{"prefix":"A","meta_hint":[]}"#, "meta_hint must be an object or null"),
            ("[]", "expected a JSON object"),
        ])
    func badPrefix(body: String, detail: String) async throws {
        let answer = try await server.ask("POST", "/assign", body: body)
        #expect(answer.status == 400 && answer.json?["detail"]?.stringValue == detail, "\(answer)")
    }

    @Test("what is no JSON is answered with 400", arguments: ["", "{", "{\"a\":}", "\u{0}", "{} {}"])
    func noJSON(body: String) async throws {
        let answer = try await server.ask("POST", "/assign", body: body)
        #expect(answer.status == 400 && answer.json?["detail"]?.stringValue?.contains("JSON") == true, "\(answer)")
    }

    @Test("a batch has as many names as were asked for, all different, in order", arguments: [1, 255, 257, 10_000])
    func batch(count: Int) async throws {
        let answer = try await server.ask("POST", "/assign/batch", body: #"{"prefix":"B","count":\#(count)}"#)
        let names = try answer.names.map { try DESName($0) }
        #expect(answer.status == 200 && names.count == count)
        #expect(zip(names, names.dropFirst()).allSatisfy { ($0.milliseconds, $0.value) < ($1.milliseconds, $1.value) })
    }

    @Test(
        "a batch of none, of too many, or of something else is answered with 400",
        arguments: ["0", "-1", "10001", "1.5", "\"7\"", "null", "1e99"])
    func badCount(count: String) async throws {
        let answer = try await server.ask("POST", "/assign/batch", body: #"{"count":\#(count)}"#)
        #expect(answer.status == 400, "\(answer)")
        #expect(answer.json?["detail"]?.stringValue == "count must be a whole number from 1 to 10000")
    }

    @Test("a name says what it was made of, percent-encoded or not")
    func parse() async throws {
        for path in ["TEST_20250101_(21BCAA000102_8A)", "TEST%5F20250101_%2821BCAA000102_8A%29"] {
            let answer = try await server.ask("GET", "/names/\(path)")
            #expect(
                answer.text == """
                    {"name":"TEST_20250101_(21BCAA000102_8A)","prefix":"TEST","day":"2025-01-01",\
                    "time":"2025-01-01T12:00:00.000000000Z","node":1,"sequence":2,"shard_id":\
                    \(try DESName("TEST_20250101_(21BCAA000102_8A)").shard(bits: .standard).number),\
                    "container_prefix":"archive/2025-01-01/shard_\
                    \(try DESName("TEST_20250101_(21BCAA000102_8A)").shard(bits: .standard))/"}
                    """)
        }
    }

    @Test(
        "what is no name is answered with 400",
        arguments: ["x", "TEST_20250101_(21BCAA000100_89)", "%ff", "%2", "%00"])
    func badName(name: String) async throws {
        #expect(try await server.ask("GET", "/names/\(name)").status == 400)
    }

    @Test(
        "unknown paths and wrong methods are answered as HTTP has it",
        arguments: [
            ("GET", "/nothing", 404, nil), ("GET", "/", 404, nil), ("GET", "/names/", 404, nil),
            ("GET", "/names/a/b", 404, nil), ("POST", "/assign/", 404, nil), ("GET", "/assign", 405, "POST"),
            ("DELETE", "/assign/batch", 405, "POST"), ("POST", "/livez", 405, "GET, HEAD"),
            ("OPTIONS", "/assign", 405, "POST"), ("PATCH", "/metrics", 405, "GET, HEAD"),
        ])
    func wrongMethod(method: String, path: String, status: Int, allowed: String?) async throws {
        let answer = try await server.ask(method, path)
        #expect(answer.status == status && answer["Allow"] == allowed, "\(answer)")
        #expect(answer.json?["detail"] != nil)
    }

    @Test("content that is not JSON is answered with 415, whatever is in it; no type at all will do")
    func contentType() async throws {
        for type in ["text/plain", "application/xml", "application/jsonp", ""] {
            let answer = try await server.ask("POST", "/assign", [("Content-Type", type)], body: "{}")
            #expect(answer.status == 415, "\(type): \(answer)")
        }
        for type in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"] {
            #expect(try await server.ask("POST", "/assign", [("Content-Type", type)], body: "{}").status == 200)
        }
        let untyped = try await server.connected { connection in
            try connection.send("POST /assign HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            return try connection.receive()
        }
        #expect(untyped?.status == 200)
    }

    @Test("a usable request id comes back, another one is replaced")
    func requestID() async throws {
        let given = try await server.ask("GET", "/livez", [("X-Request-Id", "mine-1")])
        #expect(given["X-Request-Id"] == "mine-1")
        let tooLong = String(repeating: "x", count: 129)
        var made: Set<String> = []
        for fields in [[], [("X-Request-Id", "")], [("X-Request-Id", tooLong)], [("X-Request-Id", "a b")]] {
            let id = try await server.ask("GET", "/livez", fields)["X-Request-Id"] ?? ""
            #expect((1...16).contains(id.utf8.count) && made.insert(id).inserted, "\(id)")
        }
    }

    @Test("HEAD answers like GET without the body, and the connection goes on")
    func head() async throws {
        let (head, get) = try await server.connected { connection in
            (try connection.ask("HEAD", "/openapi.json"), try connection.ask("GET", "/openapi.json"))
        }
        #expect(head.status == 200 && get.status == 200)
        #expect(head["Content-Length"] == get["Content-Length"] && head["Content-Type"] == get["Content-Type"])
    }

    @Test("requests that are sent without waiting for answers are answered in order")
    func pipelined() async throws {
        let answers = try await server.connected { connection in
            for number in 0..<50 { try connection.send("POST", "/assign", body: #"{"prefix":"P\#(number)"}"#) }
            return try (0..<50).map { _ in try connection.receive()?.names.first }
        }
        for (number, name) in answers.enumerated() { #expect(name?.hasPrefix("P\(number)_") == true) }
    }

    @Test("many clients at a time get names of their own")
    func concurrent() async throws {
        let server = try await server
        let names = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try await server.connected { connection in
                        var names: [String] = []
                        for number in 0..<100 {
                            names += try connection.ask("POST", "/assign", body: "{}").names
                            if number % 10 == 0 {
                                names += try connection.ask("POST", "/assign/batch", body: #"{"count":100}"#).names
                            }
                        }
                        return names
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(names.count == 16 * (100 + 10 * 100) && Set(names).count == names.count)
    }

    @Test("probes answer under their names and those of the earlier services")
    func probes() async throws {
        try await server.wait(for: 200, at: "/readyz")
        for path in ["/livez", "/readyz", "/startupz", "/health", "/health/live", "/health/ready"] {
            let answer = try await server.ask("GET", path)
            #expect(answer.status == 200 && answer.json?["status"]?.stringValue == "ok", "\(path): \(answer)")
        }
        #expect(try await server.ask("GET", "/health/live").json?["uptime"]?.integerValue != nil)
    }
}

extension String {
    /// An error that shows this.
    var failure: Failure { Failure(description: self) }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
