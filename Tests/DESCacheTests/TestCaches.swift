import TestServers
import Testing

@testable import DESCache
@testable import DESCore

let key = IndexCacheKey(object: "s3://bucket/a key with \"spaces\"\n#\"etag\"", range: 4_096..<8_192)

/// A cache that never leaves its server alone, with so much time that only a hanging server uses it up.
func patientCache(_ url: String, change: (inout RedisIndexCache.Options) -> Void = { _ in }) throws -> RedisIndexCache {
    var options = RedisIndexCache.Options()
    options.timeOut = .seconds(30)
    options.connectionCount = 2
    change(&options)
    return try RedisIndexCache(url: url, options: options, breaker: CircuitBreaker(failureCountMax: .max))
}

/// The same with little time, for servers that do not answer.
func hastyCache(_ url: String) throws -> RedisIndexCache {
    try patientCache(url) { $0.timeOut = .milliseconds(100) }
}

/// The answer of a real server to any command.
func answer(_ server: RedisServer, _ arguments: [[UInt8]]) async throws -> RedisReply {
    let url = server.endpoint
    return try await BlockingPool.shared.run {
        let deadline = ContinuousClock.now + .seconds(30)
        let connection = try RedisConnection(RedisEndpoint(url: url), before: deadline)
        return try connection.reply(to: arguments, valueByteCountMax: 2 << 20, before: deadline)
    }
}

func answer(_ server: RedisServer, _ arguments: String...) async throws -> RedisReply {
    try await answer(server, arguments.map { Array($0.utf8) })
}

/// What the server calls ``key``.
let storedName = Array("des:index:1:4096-8192:\(key.object)".utf8)
