import Glibc
import TestServers
import Testing

@testable import DESCache
@testable import DESCore

@Suite("The cache in a real Redis", .timeLimit(.minutes(2)))
struct RedisIndexCacheTests {
    @Test("what one process stores, another finds; a miss is a miss")
    func roundTrip() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        let (writer, reader) = (try patientCache(server.endpoint), try patientCache(server.endpoint))
        #expect(await reader.bytes(for: key) == nil)
        for bytes in [[], [7], (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }] as [[UInt8]] {
            await writer.store(bytes, for: key)
            #expect(await reader.bytes(for: key) == bytes)
        }
        #expect(await reader.bytes(for: IndexCacheKey(object: key.object, range: 0..<8_192)) == nil)
        #expect(writer.counts == IndexCacheCounts(stores: 3))
        #expect(reader.counts == IndexCacheCounts(hits: 3, misses: 2))
        #expect(writer.lastFailure == nil && reader.lastFailure == nil)
    }

    @Test("values go after their time to live")
    func timeToLive() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        await (try patientCache(server.endpoint) { $0.timeToLive = .seconds(100) }).store([1], for: key)
        guard case .integer(let left) = try await answer(server, [Array("PTTL".utf8), storedName]) else {
            Issue.record("PTTL gives no number")
            return
        }
        #expect(1...100_000 ~= left)
    }

    @Test("a value of the maximum is kept, a larger one is not sent")
    func maximum() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        let cache = try patientCache(server.endpoint)
        let other = IndexCacheKey(object: "other", range: 0..<1)
        await cache.store([UInt8](repeating: 1, count: 1 << 20), for: key)
        await cache.store([UInt8](repeating: 1, count: 1 << 20 + 1), for: other)
        #expect(await cache.bytes(for: key)?.count == 1 << 20)
        #expect(await cache.bytes(for: other) == nil)
        #expect(cache.counts == IndexCacheCounts(hits: 1, misses: 1, stores: 1))
    }

    @Test("a password, a database and a socket in the file system")
    func logins() async throws {
        let server = try await RedisServer(password: "pass/word")
        defer { server.stop() }
        let login = ":pass%2Fword@"
        let overTCP = try patientCache("redis://\(login)127.0.0.1:\(server.port)/3")
        await overTCP.store([1, 2], for: key)
        #expect(await overTCP.bytes(for: key) == [1, 2])
        #expect(await (try patientCache("redis://\(login)\(server.socketPath)?db=3")).bytes(for: key) == [1, 2])
        #expect(
            await (try patientCache("redis://default\(login)localhost:\(server.port)/3")).bytes(for: key) == [1, 2])
        #expect(await (try patientCache("redis://\(login)127.0.0.1:\(server.port)")).bytes(for: key) == nil)
    }

    @Test("a wrong password, none, and a database that is not there are failures without the password")
    func refusals() async throws {
        let server = try await RedisServer(password: "right")
        defer { server.stop() }
        let expected = [
            ("redis://:hunter2@127.0.0.1:\(server.port)", DESError.Code.denied),
            ("redis://me:hunter2@127.0.0.1:\(server.port)", .denied),
            ("redis://127.0.0.1:\(server.port)", .unavailable),
            ("redis://:right@127.0.0.1:\(server.port)/99", .unavailable),
        ]
        for (url, code) in expected {
            let cache = try patientCache(url)
            #expect(await cache.bytes(for: key) == nil)
            await cache.store([1], for: key)
            #expect(cache.counts == IndexCacheCounts(misses: 1, failures: 2))
            let failure = try #require(cache.lastFailure)
            #expect(failure.code == code && failure.place?.contains("127.0.0.1") == true)
            #expect(!"\(failure)".contains("hunter2") && !"\(failure)".contains("right@"))
        }
    }

    @Test("after a restart the next operations work again, without a failure")
    func restart() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        let cache = try patientCache(server.endpoint)
        await cache.store([1], for: key)
        try await server.daemon.restart()
        #expect(await cache.bytes(for: key) == nil)
        await cache.store([2], for: key)
        #expect(await cache.bytes(for: key) == [2])
        #expect(cache.counts == IndexCacheCounts(hits: 1, misses: 1, stores: 2))
    }

    @Test("a stopped process is a time-out, and works again when it goes on")
    func stopped() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        let (patient, hasty) = (try patientCache(server.endpoint), try hastyCache(server.endpoint))
        await patient.store([1], for: key)
        try server.daemon.send(SIGSTOP)
        #expect(await hasty.bytes(for: key) == nil)
        await hasty.store([2], for: key)
        #expect(hasty.counts == IndexCacheCounts(misses: 1, timeOuts: 2))
        try server.daemon.send(SIGCONT)
        #expect(await patient.bytes(for: key) != nil)
        #expect(patient.counts == IndexCacheCounts(hits: 1, stores: 1))
    }

    @Test("a changed value, one under another key and one of another kind are misses; wrong values are deleted")
    func wrongValues() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        let cache = try patientCache(server.endpoint)
        await cache.store([UInt8](repeating: 5, count: 100), for: key)
        _ = try await answer(server, [Array("SETBIT".utf8), storedName, Array("500".utf8), Array("1".utf8)])
        #expect(await cache.bytes(for: key) == nil)
        #expect(try await answer(server, [Array("EXISTS".utf8), storedName]) == .integer(0))
        #expect(cache.lastFailure?.code == .corrupt)

        let other = IndexCacheKey(object: "other", range: 0..<1)
        await cache.store([1], for: other)
        _ = try await answer(server, [Array("RENAME".utf8), Array("des:index:1:0-1:other".utf8), storedName])
        #expect(await cache.bytes(for: key) == nil)
        #expect(try await answer(server, "DBSIZE") == .integer(0))

        _ = try await answer(server, [Array("LPUSH".utf8), storedName, Array("x".utf8)])
        #expect(await cache.bytes(for: key) == nil)
        await cache.store([9], for: key)
        #expect(await cache.bytes(for: key) == [9])
        #expect(cache.counts == IndexCacheCounts(hits: 1, misses: 3, stores: 3, failures: 3))
    }

    @Test("a full server is a failure to store, and still answers")
    func full() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        let cache = try patientCache(server.endpoint)
        await cache.store([1], for: key)
        _ = try await answer(server, "CONFIG", "SET", "maxmemory", "1")
        await cache.store([2], for: IndexCacheKey(object: "other", range: 0..<1))
        #expect(cache.lastFailure?.message.contains("OOM") == true)
        #expect(await cache.bytes(for: key) == [1])
        #expect(cache.counts == IndexCacheCounts(hits: 1, stores: 1, failures: 1))
    }

    @Test("64 tasks over 4 connections each get their own bytes")
    func concurrency() async throws {
        let server = try await RedisServer()
        defer { server.stop() }
        let cache = try patientCache(server.endpoint) { $0.connectionCount = 4 }
        let wrong = await withTaskGroup(of: Int.self) { group in
            for task in 0..<64 {
                group.addTask {
                    var wrong = 0
                    for step in 0..<20 {
                        let key = IndexCacheKey(object: "object \(task)", range: step..<step + 1)
                        let bytes = [UInt8](repeating: UInt8(task), count: 1_000 * (step + 1))
                        await cache.store(bytes, for: key)
                        wrong += await cache.bytes(for: key) == bytes ? 0 : 1
                    }
                    return wrong
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
        #expect(cache.counts == IndexCacheCounts(hits: 1_280, stores: 1_280))
    }
}

extension IndexCacheCounts {
    init(hits: Int = 0, misses: Int = 0, stores: Int = 0, failures: Int = 0, timeOuts: Int = 0, bypasses: Int = 0) {
        self.init()
        (self.hits, self.misses, self.stores) = (hits, misses, stores)
        (self.failures, self.timeOuts, self.bypasses) = (failures, timeOuts, bypasses)
    }
}
