import DESCore
import Testing

@testable import DESCache

@Suite("URLs of Redis servers")
struct RedisEndpointTests {
    private func endpoint(
        _ address: RedisEndpoint.Address, _ database: Int = 0, user: String? = nil, password: String? = nil
    ) throws -> RedisEndpoint {
        var endpoint = try RedisEndpoint(url: "redis://x")
        (endpoint.address, endpoint.database) = (address, database)
        endpoint.login = password.map { .init(user: user.map { Array($0.utf8) }, password: Array($0.utf8)) }
        return endpoint
    }

    @Test("hosts, ports, databases, users and passwords")
    func tcp() throws {
        let local = RedisEndpoint.Address.tcp(host: "localhost", port: 6_379)
        #expect(try RedisEndpoint(url: "redis://localhost") == endpoint(local))
        #expect(try RedisEndpoint(url: "REDIS://localhost/") == endpoint(local))
        #expect(try RedisEndpoint(url: "redis://localhost/12") == endpoint(local, 12))
        #expect(try RedisEndpoint(url: "redis://10.0.0.1:7/3") == endpoint(.tcp(host: "10.0.0.1", port: 7), 3))
        #expect(try RedisEndpoint(url: "redis://[::1]:7") == endpoint(.tcp(host: "::1", port: 7)))
        #expect(try RedisEndpoint(url: "redis://[::1]") == endpoint(.tcp(host: "::1", port: 6_379)))
        #expect(try RedisEndpoint(url: "redis://:p@localhost") == endpoint(local, password: "p"))
        #expect(
            try RedisEndpoint(url: "redis://me:p%40%2f%3A%25:@localhost")
                == endpoint(local, user: "me", password: "p@/:%:"))
    }

    @Test("sockets in the file system")
    func unix() throws {
        #expect(try RedisEndpoint(url: "redis:///run/redis.sock") == endpoint(.unix(path: "/run/redis.sock")))
        #expect(
            try RedisEndpoint(url: "redis://:p@/run/a%20b.sock?db=4")
                == endpoint(.unix(path: "/run/a b.sock"), 4, password: "p"))
        let longest = "/" + String(repeating: "s", count: 106)
        #expect(try RedisEndpoint(url: "redis://" + longest) == endpoint(.unix(path: longest)))
    }

    @Test(
        "what is no URL of a server is refused, and nothing of it is shown",
        arguments: [
            "", "redis", "redis:", "redis:/h", "http://hunter2@h", "redis://", "redis:///", "redis:///0",
            "redis://hunter2@h", "redis://:hunter2%@h", "redis://:hunter2%4@h", "redis://:hunter2%zz@h",
            "redis://:hunter2@h:0", "redis://:hunter2@h:65536", "redis://:hunter2@h:+1", "redis://:hunter2@h:",
            "redis://:hunter2@:6379", "redis://:hunter2@h/x", "redis://:hunter2@h/-1", "redis://:hunter2@h/1/2",
            "redis://:hunter2@h/0?db=1", "redis://:hunter2@[::1", "redis://:hunter2@[]", "redis://:hunter2@h h",
            "redis://:hunter2@/s?x=1", "redis://:hunter2@/s?db=", "redis://:hunter2@/s%00t",
            "redis://:hun/ter2@h", "redis://:1/hunter2@h", "redis:///" + String(repeating: "s", count: 107),
        ])
    func refused(url: String) throws {
        let error = try #require(throws: DESError.self) { try RedisIndexCache(url: url) }
        #expect(error.code == .invalidArgument)
        #expect(error.message.contains("expected"))
        #expect(!error.description.contains("hunter2") && !error.description.contains("hun"))
    }

    @Test("TLS is refused by name")
    func tls() throws {
        let error = try #require(throws: DESError.self) { try RedisIndexCache(url: "rediss://:hunter2@h") }
        #expect(error.code == .unsupported)
        #expect(error.message.contains("rediss://") && error.message.contains("TLS"))
        #expect(!error.description.contains("hunter2"))
    }

    @Test("no way of printing shows the password")
    func printing() throws {
        let endpoint = try RedisEndpoint(url: "redis://me:hunter2@[::1]:7/2")
        #expect("\(endpoint)" == "redis://[::1]:7/2")
        var dumped = ""
        dump(endpoint, to: &dumped)
        #expect(!(dumped + String(reflecting: endpoint)).contains("hunter2"))
    }
}
