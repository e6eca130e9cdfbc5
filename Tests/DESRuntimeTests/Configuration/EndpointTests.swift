import DESCore
import Testing

@testable import DESRuntime

@Suite("Endpoints")
struct EndpointTests {
    @Test(
        "hosts, ports, addresses of both kinds and URLs",
        arguments: [
            ("127.0.0.1:8000", "127.0.0.1", 8_000), ("127.0.0.1", "127.0.0.1", 42), ("localhost:0", "localhost", 0),
            ("a-b.c_d.example:65535", "a-b.c_d.example", 65_535), ("[::1]:8000", "::1", 8_000), ("[::1]", "::1", 42),
            ("[::]:0", "::", 0), ("[fe80::1%eth0]:1", "fe80::1%eth0", 1), ("http://h:1", "h", 1), ("http://h", "h", 42),
            ("http://h:1/", "h", 1), ("http://[::1]:1/", "::1", 1), ("http://[::1]/", "::1", 42),
            ("h:08000", "h", 8_000),
        ])
    func good(text: String, host: String, port: Int) throws {
        let endpoint = try #require(Endpoint(text, standardPort: 42))
        #expect(endpoint == Endpoint(host: host, port: port))
        #expect(Endpoint(endpoint.description, standardPort: 43) == endpoint)
    }

    @Test(
        "what is no endpoint is refused",
        arguments: [
            "", ":", ":8000", "h:", "h:65536", "h:-1", "h:+1", "h:x", "h:1:2", "::1", "::1:8000", "[]", "[]:1", "[::1",
            "[::1]8000", "[::1]:", "[::1]:x", "::1]:1", "[[::1]]:1", "h h:1", "h\n:1", "é:1", "h:٣", "https://h:1",
            "http://",
            "http://:1", "http://h:1/path", "http://h/path", "http://h:1//", "http://u@h:1", "http://u:p@h:1", "h?x",
            "h#x",
            "h:99999999999999999999",
        ])
    func bad(text: String) { #expect(Endpoint(text, standardPort: 42) == nil) }

    @Test("loopback is told from what others can reach")
    func loopback() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
            #expect(Endpoint(host: host, port: 1).isLoopback, "\(host)")
        }
        for host in ["0.0.0.0", "::", "10.0.0.1", "example.com", "1127.0.0.1", "::11"] {
            #expect(!Endpoint(host: host, port: 1).isLoopback, "\(host)")
        }
    }

    @Test("an IPv6 address is a value of a setting")
    func setting() throws {
        #expect(
            try Given(file: "assign:\n  listen: \"[::]:1\"\n").configuration()[Settings.assignListen]
                == Endpoint(host: "::", port: 1))
        // Without quotes YAML finds a list, with something in it that it does not know.
        let problems = Given(file: "assign:\n  listen: [::1]\n").problems()
        #expect(problems.count == 1 && problems[0].hasPrefix("des.yaml:2: "), "\(problems)")
    }
}
