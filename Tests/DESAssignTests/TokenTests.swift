import DESCore
import DESRuntime
import TestServers
import Testing

@testable import DESAssign

@Suite("Tokens of the assignment service")
struct TokenTests {
    private static let (first, second) = ("first-of-two-tokens", "second-of-two.tokens")

    @Test("with tokens, only who has one is given names; probes, metrics and the description need none")
    func tokens() async throws {
        let server = try await AssignServer(
            "service.log-level=debug", environment: ["DES_ASSIGN_TOKENS": "\(TokenTests.first),\(TokenTests.second)"])
        for token in [TokenTests.first, TokenTests.second] {
            for scheme in ["Bearer", "bearer"] {
                let answer = try await server.ask(
                    "POST", "/assign", [("Authorization", "\(scheme) \(token)")], body: "{}")
                #expect(answer.status == 200, "\(answer)")
            }
        }
        let wrong = [
            nil, "", "Bearer", "Bearer ", "Bearer x", "Basic \(TokenTests.first)", "Bearer \(TokenTests.first)x",
            "Bearer \(TokenTests.first),\(TokenTests.second)", "Bearer \(TokenTests.first.dropLast())",
            TokenTests.first,
        ]
        for value in wrong {
            let fields = value.map { [("Authorization", $0)] } ?? []
            for (method, path) in [("POST", "/assign"), ("POST", "/assign/batch"), ("GET", "/names/x")] {
                let answer = try await server.ask(method, path, fields, body: method == "POST" ? "{}" : nil)
                #expect(answer.status == 401 && answer["WWW-Authenticate"] == "Bearer", "\(value ?? "none"): \(answer)")
            }
        }
        for path in ["/livez", "/readyz", "/metrics", "/openapi.json", "/health"] {
            #expect(try await server.ask("GET", path).status == 200)
        }
        // The last of them: then all are there.
        try await server.wait { server in
            server.logged("http.request").contains { $0["path"]?.stringValue == "/health" } ? nil : server.daemon.output
        }
        server.daemon.kill()
        #expect(server.logged("http.request").count { $0["status"]?.integerValue == 401 } == 3 * wrong.count)
        #expect(!server.daemon.output.contains("two"), "a token stands in the log")
    }

    @Test(
        "only a service that is reached from elsewhere and asks for no token is open",
        arguments: [
            ("0.0.0.0:8000", nil, true), ("0.0.0.0:8000", first, false), ("[::]:1", nil, true), ("host", nil, true),
            ("127.0.0.1:8000", nil, false), ("localhost", nil, false), ("[::1]:8000", nil, false),
        ])
    func open(listen: String, token: String?, isOpen: Bool) throws {
        let flags = ["names.node-id": "1", "assign.listen": listen, "assign.tokens": token].compactMapValues { $0 }
        let configuration = try Configuration(AssignService.settings, flags: flags.mapValues { ("--set", $0) })
        #expect(AssignService.isOpen(configuration) == isOpen)
    }
}
