import DESCore
import DESStore
import Glibc
import TestServers
import Testing

@testable import DESCache

/// Readers of a container in Ceph that share their index in a real Redis.
@Suite("An index that machines share")
struct SharedIndexTests {
    private static func name(_ number: Int) throws -> EntryName { try EntryName("day/object-\(number)") }

    /// A container of 30,000 entries.
    private func container() throws -> [UInt8] {
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink)
        let names = try (0..<30_000).map(Self.name)
        for name in names.sorted(by: { ($0.key, $0) < ($1.key, $1) }) {
            try writer.append(name, body: Array(name.string.utf8).span.bytes)
        }
        _ = try writer.seal()
        return sink.bytes
    }

    /// Runs a test with the container in Ceph, behind a proxy that counts, and a Redis of its own.
    private func withContainer(
        _ body: (_ store: any ObjectStore, _ proxy: FaultProxy, _ redis: RedisServer) async throws -> Void
    ) async throws {
        let (ceph, redis) = (try await CephServer.shared, try await RedisServer())
        defer { redis.stop() }
        let proxy = try FaultProxy(for: ceph.endpoint)
        defer { proxy.stop() }
        let bucket = try await ceph.newBucket()
        _ = try await store(ceph, bucket, proxy).put("a.des", container(), .create)
        proxy.reset()
        try await body(try await store(ceph, bucket, proxy), proxy, redis)
    }

    private func store(_ ceph: CephServer, _ bucket: String, _ proxy: FaultProxy) async throws -> some ObjectStore {
        RetryingStore(
            try await S3Store.connect(
                bucket: bucket,
                environment: Environment([
                    "AWS_ACCESS_KEY_ID": ceph.accessKey, "AWS_SECRET_ACCESS_KEY": ceph.secretKey,
                    "AWS_ENDPOINT_URL": proxy.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
                ])))
    }

    /// What a machine that has read nothing yet reads, through its own memory and the shared cache.
    private func read(_ number: Int, _ store: some ObjectStore, _ cache: RedisIndexCache) async throws -> [UInt8]? {
        var options = ContainerReader.Options()
        options.windowByteCount = 0
        let tiers = TieredIndexCache(first: MemoryIndexCache(byteCountMax: 1 << 20), second: cache)
        options.cache = tiers
        let reader = try await ContainerReader(ObjectByteSource(store, key: "a.des"), options: options)
        let content = try await reader.read(Self.name(number))?.content
        while !tiers.isSettled { await Task.yield() }
        return content
    }

    @Test("what one machine read of the index the next one takes from Redis: the tail and the body are all it asks for")
    func shared() async throws {
        try await withContainer { store, proxy, redis in
            let expected = Array(try Self.name(7).string.utf8)
            #expect(try await read(7, store, try patientCache(redis.endpoint)) == expected)
            let coldCount = proxy.requests.count
            proxy.reset()
            let cache = try patientCache(redis.endpoint)
            #expect(try await read(7, store, cache) == expected)
            #expect(proxy.requests.count < coldCount && cache.counts.hits > 0)
            #expect(proxy.requests.count == 2, "\(proxy.requests.map(\.range))")
        }
    }

    @Test("a Redis that is killed, stopped or holds other bytes is not noticed by a reader")
    func broken() async throws {
        try await withContainer { store, _, redis in
            _ = try await read(1, store, try patientCache(redis.endpoint))

            // Every value spoiled.
            let keys = try await Program.check("redis-cli", ["-u", redis.endpoint, "--raw", "keys", "*"])
            for key in keys.split(separator: "\n") {
                try await Program.check("redis-cli", ["-u", redis.endpoint, "setrange", String(key), "40", "spoiled"])
            }
            let spoiled = try patientCache(redis.endpoint)
            #expect(try await read(1, store, spoiled) == Array(try Self.name(1).string.utf8))
            #expect(spoiled.counts.hits == 0)

            try redis.daemon.send(SIGSTOP)
            #expect(try await read(2, store, try hastyCache(redis.endpoint)) == Array(try Self.name(2).string.utf8))
            redis.daemon.kill()
            #expect(try await read(3, store, try hastyCache(redis.endpoint)) == Array(try Self.name(3).string.utf8))
        }
    }
}
