import DESCore
import Glibc
import Synchronization
import TestServers
import Testing

@testable import DESCache

@Suite("Servers that lie, stall and break", .timeLimit(.minutes(2)))
struct LyingServerTests {
    @Test(
        "an answer that was not asked for is a failure at once",
        arguments: [
            "-LOADING Redis is loading the dataset in memory\r\n", "-NOAUTH Authentication required.\r\n",
            "-OOM command not allowed\r\n", "-\r\n", ":5\r\n", "*1\r\n$1\r\nx\r\n", "*1000000000\r\n", "+maybe\r\n",
            "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\0", "$abc\r\n", "$3\r\nabcdef\r\n", "$-1\r\n$-1\r\n",
            "$00000000000000000000000000000000",
        ])
    func wrongAnswers(text: String) async throws {
        let server = try FakeServer(answering: text)
        defer { server.stop() }
        let cache = try patientCache(server.url)
        #expect(await cache.bytes(for: key) == nil)
        await cache.store([1], for: key)
        #expect(cache.counts == IndexCacheCounts(misses: 1, failures: 2))
        // After a failure the connection is closed: what it still brings is no answer to the next command.
        #expect(server.connectionCount == 2)
    }

    @Test("a value that is announced as huge is neither waited for nor received")
    func hugeValue() async throws {
        for length in ["500000000", "\(1 << 20 + 17)"] {
            let server = try FakeServer { connection in
                guard connection.command() != nil, connection.send("$\(length)\r\n") else { return }
                connection.drain()
            }
            defer { server.stop() }
            let cache = try patientCache(server.url)
            #expect(await cache.bytes(for: key) == nil)
            #expect(cache.counts == IndexCacheCounts(misses: 1, failures: 1))
            #expect(cache.lastFailure?.message.contains(length) == true)
        }
    }

    @Test("a line without end is received for a few KiB and no more", arguments: ["+", "$", "+\r", "$5\r"])
    func endlessLine(start: String) async throws {
        let taken = Atomic(0)
        let server = try FakeServer { connection in
            guard connection.command() != nil, connection.send(start) else { return }
            let block = String(repeating: "7", count: 4_096)
            while connection.send(block) { taken.add(4_096, ordering: .sequentiallyConsistent) }
        }
        defer { server.stop() }
        let cache = try patientCache(server.url)
        #expect(await cache.bytes(for: key) == nil)
        #expect(cache.counts == IndexCacheCounts(misses: 1, failures: 1))
        // What the client took, and what the system's buffers did.
        #expect(taken.load(ordering: .sequentiallyConsistent) < 64 << 20)
    }

    @Test("no answer, half of one, and one that comes byte by byte are time-outs", arguments: ["", "$100\r\nab", "+"])
    func stalls(start: String) async throws {
        let server = try FakeServer { connection in
            guard connection.command() != nil, start.isEmpty || connection.send(start) else { return }
            connection.drain()
        }
        defer { server.stop() }
        let cache = try hastyCache(server.url)
        #expect(await cache.bytes(for: key) == nil)
        await cache.store([1], for: key)
        #expect(cache.counts == IndexCacheCounts(misses: 1, timeOuts: 2))
    }

    @Test("a server that sends a byte now and then does not win time with it")
    func dribble() async throws {
        let server = try FakeServer { connection in
            guard connection.command() != nil, connection.send("$1000000\r\n") else { return }
            // Faster than the time-out, so that one per received byte would never be over.
            repeat { usleep(10_000) } while connection.send("x")
        }
        defer { server.stop() }
        let cache = try hastyCache(server.url)
        #expect(await cache.bytes(for: key) == nil)
        #expect(cache.counts == IndexCacheCounts(misses: 1, timeOuts: 1))
    }

    @Test("logging in and choosing the database are within the same time")
    func slowLogin() async throws {
        let server = try FakeServer { connection in
            while let command = connection.command(), command[0] == "AUTH" { connection.send("+OK\r\n") }
            connection.drain()
        }
        defer { server.stop() }
        let cache = try hastyCache("redis://:hunter2@127.0.0.1:\(server.port)/1")
        #expect(await cache.bytes(for: key) == nil)
        #expect(cache.counts == IndexCacheCounts(misses: 1, timeOuts: 1))
    }

    @Test("a server that quotes the password does not get it into a message")
    func quotedPassword() async throws {
        let server = try FakeServer { connection in
            while let command = connection.command() {
                connection.send("-ERR unknown command '\(command.joined(separator: "' '"))'\r\n")
            }
        }
        defer { server.stop() }
        let cache = try patientCache("redis://:hunter2@127.0.0.1:\(server.port)")
        #expect(await cache.bytes(for: key) == nil)
        let failure = try #require(cache.lastFailure)
        #expect(failure.code == .denied && !"\(failure)".contains("hunter2"))
    }

    @Test("a connection that is closed instead of an answer, in its middle or while it is written to is a failure")
    func closed() async throws {
        for answer in ["", "$100\r\nabc", "+O"] {
            let server = try FakeServer { connection in
                _ = connection.command()
                connection.send(answer)
            }
            defer { server.stop() }
            let cache = try patientCache(server.url)
            #expect(await cache.bytes(for: key) == nil)
            #expect(cache.counts == IndexCacheCounts(misses: 1, failures: 1))
        }
        // Closed in the middle of a command: this must not end the process with SIGPIPE either.
        let server = try FakeServer { connection in _ = connection.bytes(1_000) }
        defer { server.stop() }
        let cache = try patientCache(server.url)
        for _ in 0..<20 { await cache.store([UInt8](repeating: 1, count: 1 << 20), for: key) }
        #expect(cache.counts == IndexCacheCounts(failures: 20))
    }

    @Test("nobody listens: a failure")
    func refused() async throws {
        let cache = try patientCache("redis://127.0.0.1:\(try Loopback.freePort())")
        #expect(await cache.bytes(for: key) == nil)
        #expect(cache.counts == IndexCacheCounts(misses: 1, failures: 1))
        #expect(cache.lastFailure?.message.contains("refused") == true)
        let missing = try patientCache("redis:///nowhere/redis.sock")
        #expect(await missing.bytes(for: key) == nil)
        #expect(missing.counts == IndexCacheCounts(misses: 1, failures: 1))
    }

    @Test("a cancelled task gets its miss, not a time-out; that is no failure")
    func cancellation() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try FakeServer { connection in
            _ = connection.command()
            arrived.yield()
            connection.drain()
        }
        defer { server.stop() }
        let cache = try patientCache(server.url)
        let task = Task { await cache.bytes(for: key) }
        var waiting = arrivals.makeAsyncIterator()
        _ = await waiting.next()
        task.cancel()
        #expect(await task.value == nil)
        #expect(cache.counts == IndexCacheCounts(misses: 1))
    }

    @Test("64 tasks that wait for 4 stalled connections are all let go")
    func stalledQueue() async throws {
        let server = try FakeServer { $0.drain() }
        defer { server.stop() }
        let cache = try hastyCache(server.url)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<64 { group.addTask { _ = await cache.bytes(for: key) } }
        }
        #expect(cache.counts == IndexCacheCounts(misses: 64, timeOuts: 64))
    }

    @Test("a server that fails is left alone for a while, then tried once, and used again when it works")
    func bypass() async throws {
        let works = Atomic(false)
        let server = try FakeServer { connection in
            while connection.command() != nil {
                connection.send(works.load(ordering: .sequentiallyConsistent) ? "$-1\r\n" : "-ERR\r\n")
            }
        }
        defer { server.stop() }
        let seconds = Atomic(0)
        let start = ContinuousClock.now
        var options = RedisIndexCache.Options()
        options.timeOut = .seconds(30)
        let cache = try RedisIndexCache(
            url: server.url, options: options, breaker: CircuitBreaker(failureCountMax: 3, pauseMin: .seconds(10))
        ) { start + .seconds(seconds.load(ordering: .sequentiallyConsistent)) }
        func ask(_ count: Int) async { for _ in 0..<count { #expect(await cache.bytes(for: key) == nil) } }

        await ask(10)
        #expect(cache.counts == IndexCacheCounts(misses: 10, failures: 3, bypasses: 7))
        seconds.store(10, ordering: .sequentiallyConsistent)
        await ask(5)
        #expect(cache.counts == IndexCacheCounts(misses: 15, failures: 4, bypasses: 11))
        #expect(server.connectionCount == 4)
        works.store(true, ordering: .sequentiallyConsistent)
        seconds.store(30, ordering: .sequentiallyConsistent)
        await ask(5)
        #expect(cache.counts == IndexCacheCounts(misses: 20, failures: 4, bypasses: 11))
        #expect(server.connectionCount == 5)
    }

    @Test("5,000 operations, a quarter of which fail, leave no descriptor open")
    func descriptors() async throws {
        let answers = ["$-1\r\n", "$-1\r\n", "$-1\r\n", "$999999999\r\n"]
        let server = try FakeServer { connection in
            var number = 0
            while connection.command() != nil {
                connection.send(answers[number % 4])
                number += 1
            }
        }
        defer { server.stop() }
        let cache = try patientCache(server.url)
        let before = try Self.openDescriptorCount()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<1_250 { _ = await cache.bytes(for: key) } }
            }
        }
        #expect(cache.counts.misses == 5_000)
        #expect(1_200...1_250 ~= cache.counts.failures)
        #expect(cache.counts.timeOuts == 0)
        // Other tests open some at the same time; each failure that leaked one would make more than a thousand.
        #expect(try Self.openDescriptorCount() - before < 500)
    }

    private static func openDescriptorCount() throws -> Int {
        let directory = try #require(opendir("/proc/self/fd"))
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }
}
