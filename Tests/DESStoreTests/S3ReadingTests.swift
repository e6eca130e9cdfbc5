import DESCore
import Synchronization
import TestServers
import Testing

@testable import DESStore

/// Containers in Ceph, read through a proxy that counts, and spoils, what is asked.
@Suite("Reading from S3")
struct S3ReadingTests {
    private static let count = 30_000
    private static let key = "2026-01-31/shard 1+2%/ü/container.des"
    private static let made = Task { () async throws -> (ceph: CephServer, bucket: String) in
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        _ = try await ceph.store(bucket).put(key, SampleContainer.bytes(count), .create)
        return (ceph, bucket)
    }

    /// A source over a proxy of its own; requests are repeated at once.
    private func open(
        _ key: String = Self.key, options: S3Store.Options = S3Store.Options()
    ) async throws -> (proxy: FaultProxy, source: ObjectByteSource, store: any ObjectStore) {
        let (ceph, bucket) = try await Self.made.value
        let proxy = try FaultProxy(for: ceph.endpoint)
        let store = RetryingStore(
            try await ceph.store(bucket, through: proxy, options: options), policy: .atOnce)
        return (proxy, ObjectByteSource(store, key: key), store)
    }

    @Test("cold: the end, then page, checksums and window under the same ETag; the window holds the body")
    func cold() async throws {
        let (proxy, source, _) = try await open()
        defer { proxy.stop() }
        let (_, content) = try #require(try await ContainerReader(source).read(SampleContainer.name(4_321)))
        #expect(content == SampleContainer.body(4_321))
        let requests = proxy.requests
        #expect(requests.count == 4 && requests.allSatisfy { $0.method == "GET" && $0.status == 206 })
        #expect(requests[0].range == "bytes=-131072" && requests[0].ifMatch == nil)
        let etag = try #require(source.identity?.split(separator: "#").last)
        #expect(requests.dropFirst().allSatisfy { $0.ifMatch == "\"\(etag)\"" })
    }

    @Test("warm: one request for a body, none for an empty one, none for a name that is not there")
    func warm() async throws {
        let (proxy, source, _) = try await open()
        defer { proxy.stop() }
        var options = ContainerReader.Options()
        options.cache = MemoryIndexCache(byteCountMax: 64 << 20)
        let reader = try await ContainerReader(source, options: options)
        let names = try (0..<Self.count).map(SampleContainer.name)
        #expect(try await reader.find(names).allSatisfy { $0 != nil })
        proxy.reset()
        #expect(try await reader.read(names[1_234])?.content == SampleContainer.body(1_234))
        #expect(proxy.requests.count == 1)
        #expect(try await reader.read(names[97 * 5])?.content.isEmpty == true)
        #expect(try await reader.read(EntryName("nobody")) == nil)
        #expect(proxy.requests.count == 1)
    }

    @Test("a locator costs one request, without opening the container")
    func locator() async throws {
        let (proxy, source, store) = try await open()
        defer { proxy.stop() }
        let entry = try #require(try await ContainerReader(source).find(SampleContainer.name(777)))
        proxy.reset()
        #expect(try await entry.content(in: ObjectByteSource(store, key: Self.key)) == SampleContainer.body(777))
        #expect(proxy.requests.count == 1)
        proxy.inject { _ in .corruptBody(at: 3) }
        let error = await #expect(throws: DESError.self) {
            try await entry.content(in: ObjectByteSource(store, key: Self.key))
        }
        #expect(error?.code == .corrupt)
    }

    @Test("a batch of 1,000 names merges its requests and reads at most twice what is wanted, and 1 MiB")
    func batch() async throws {
        let (proxy, far, _) = try await open()
        defer { proxy.stop() }
        let source = CountingByteSource(far)
        let reader = try await ContainerReader(source)
        let numbers = (0..<1_000).map { $0 * 29 % Self.count }
        let entries = try await reader.find(numbers.map(SampleContainer.name)).compactMap { $0 }
        #expect(entries.count == 1_000)
        let before = source.counts
        let got = Mutex(0)
        try await reader.bodies(of: entries) { entry, body in
            let number = Int(entry.name.string.dropFirst("day/object-".count).dropLast(4)) ?? -1
            #expect(body.array() == SampleContainer.body(number))
            got.withLock { $0 += 1 }
        }
        #expect(got.withLock { $0 } == 1_000)
        let wanted = entries.reduce(0) { $0 + $1.byteCount }
        #expect(source.counts.bytes - before.bytes <= 2 * wanted + 1 << 20)
        #expect(source.counts.reads - before.reads < 900)
    }

    /// Faults that pass: each once, at each of the requests of a cold read.
    @Test(
        "a fault that passes is not seen: every byte is right",
        arguments: [
            .answer(status: 500, code: "InternalError"), .slowDown(retryAfter: 0),
            .answer(status: 429, code: "SlowDown"),
            .cut(.close), .cut(.reset), .loseAnswer, .cutBody(after: 0), .cutBody(after: 1),
            .cutBody(after: 4_000, .reset),
            .shortenBody(to: 100), .field("Content-Range", "bytes 5-104/1000"), .field("Content-Range", "nonsense"),
            .field("Content-Range", nil), .stallBody(after: 10),
        ] as [Fault])
    func passing(fault: Fault) async throws {
        for place in 0..<4 {
            var options = S3Store.Options()
            options.stallTimeout = .seconds(1)
            let (proxy, source, _) = try await open(options: options)
            defer { proxy.stop() }
            proxy.inject { $0.ordinal == place ? fault : nil }
            let found = try await ContainerReader(source).read(SampleContainer.name(4_321))
            #expect(found?.content == SampleContainer.body(4_321), "request \(place)")
        }
    }

    @Test(
        "a fault that lasts is a typed error",
        arguments: [
            (.answer(status: 403, code: "AccessDenied"), [.denied]),
            (.answer(status: 503, code: "SlowDown"), [.unavailable]),
            (.cut(.reset), [.unavailable]), (.stall, [.unavailable]), (.cutBody(after: 50), [.unavailable]),
            (.corruptBody(at: 10), [.corrupt]), (.answer(status: 404, code: "NoSuchKey"), [.notFound]),
            (.answer(status: 400, code: "RequestTimeTooSkewed"), [.denied]), (.field("ETag", "\"other\""), [.changed]),
            (.field("ETag", nil), [.unsupported]),
        ] as [(Fault, Set<DESError.Code>)])
    func lasting(fault: Fault, codes: Set<DESError.Code>) async throws {
        // From the start, and from the second request on.
        for first in [0, 1] {
            var options = S3Store.Options()
            options.stallTimeout = .seconds(1)
            let (proxy, source, _) = try await open(options: options)
            defer { proxy.stop() }
            proxy.inject { $0.ordinal >= first ? fault : nil }
            do {
                let found = try await ContainerReader(source).read(SampleContainer.name(4_321))
                // An ETag that is the same wrong one from the first answer on is simply the version.
                #expect(found?.content == SampleContainer.body(4_321) && first == 0)
            } catch let error as DESError {
                #expect(codes.contains(error.code), "\(error)")
                #expect(error.place?.hasPrefix("s3://") == true, "\(error)")
            }
        }
    }

    @Test("a body with a wrong byte is never handed out, wherever it is wrong")
    func corrupted() async throws {
        for offset in [0, 1, 20, 100, 5_000, 100_000] {
            for place in 0..<4 {
                let (proxy, source, _) = try await open()
                defer { proxy.stop() }
                proxy.inject { $0.ordinal == place ? .corruptBody(at: offset) : nil }
                do {
                    let found = try await ContainerReader(source).read(SampleContainer.name(4_321))
                    #expect(found?.content == SampleContainer.body(4_321))
                } catch let error as DESError {
                    #expect(error.code == .corrupt, "\(error)")
                }
            }
        }
    }

    @Test("some bytes of a large body cost one request of their size")
    func partOfBody() async throws {
        let (proxy, source, _) = try await open()
        defer { proxy.stop() }
        let reader = try await ContainerReader(source)
        let number = 7 * 7 + 8  // a body of 8 KiB: see SampleContainer
        let entry = try #require(try await reader.find(SampleContainer.name(number)))
        let body = SampleContainer.body(number)
        proxy.reset()
        #expect(try await reader.uncheckedBytes(100..<300, of: entry) == Array(body[100..<300]))
        #expect(
            proxy.requests.map(\.range) == [
                "bytes=\(entry.location.body.lowerBound + 100)-\(entry.location.body.lowerBound + 299)"
            ])
        #expect(try await reader.uncheckedBytes(5..<5, of: entry).isEmpty)
        let error = await #expect(throws: DESError.self) {
            try await reader.uncheckedBytes(0..<body.count + 1, of: entry)
        }
        #expect(error?.code == .invalidArgument && proxy.requests.count == 1)
    }

    @Test("a container whose version is known is opened from the cache without a request, a plain v1 one too")
    func knownVersion() async throws {
        let (proxy, source, store) = try await open()
        defer { proxy.stop() }
        var options = ContainerReader.Options()
        options.cache = MemoryIndexCache(byteCountMax: 64 << 20)
        let sorted = try await ContainerReader(source, options: options)
        let plainKey = "plain.des"
        _ = try await store.put(plainKey, PlainSample.bytes(9_000), .create)
        let plain = ObjectByteSource(store, key: plainKey)
        #expect(try await ContainerReader(plain, options: options).layout.isSorted == false)
        proxy.reset()
        for key in [Self.key, plainKey] {
            let version = try await store.head(key).etag
            proxy.reset()
            let again = try await ContainerReader(ObjectByteSource(store, key: key, version: version), options: options)
            #expect(proxy.requests.isEmpty)
            #expect(try await again.find(PlainSample.name) != nil || key == Self.key)
            #expect(proxy.requests.isEmpty || key == Self.key)
        }
        #expect(sorted.layout.entryCount == Self.count)
    }

    @Test("a store without ranges from the end is asked for the length first")
    func noSuffix() async throws {
        let (proxy, source, _) = try await open()
        defer { proxy.stop() }
        proxy.inject { $0.range?.hasPrefix("bytes=-") == true ? .answer(status: 416, code: "InvalidRange") : nil }
        let found = try await ContainerReader(source).read(SampleContainer.name(4_321))
        #expect(found?.content == SampleContainer.body(4_321))
    }

    @Test("a reader that is cancelled waits for nothing, not for a page that others want either")
    func cancelled() async throws {
        let (proxy, source, _) = try await open()
        defer { proxy.stop() }
        let reader = try await ContainerReader(source)
        proxy.inject { _ in .stall }
        let tasks = (0..<3).map { _ in Task { try await reader.read(SampleContainer.name(4_321)) } }
        while proxy.requests.count < 5 { await Task.yield() }
        for task in tasks { task.cancel() }
        for task in tasks { await #expect(throws: (any Error).self) { try await task.value } }
    }

    @Test("an object that is replaced while it is read is an error, never a mix")
    func replaced() async throws {
        let (proxy, _, store) = try await open()
        defer { proxy.stop() }
        let key = "replaced.des"
        let bytes = try SampleContainer.bytes(20_000)
        _ = try await store.put(key, bytes, .create)
        let reader = try await ContainerReader(ObjectByteSource(store, key: key))
        _ = try await store.put(key, bytes + [0], .overwrite)
        let error = await #expect(throws: DESError.self) { try await reader.read(SampleContainer.name(1)) }
        #expect(error?.code == .changed)
    }

    @Test("a gateway that is killed and comes back is not noticed")
    func restarted() async throws {
        let ceph = try await CephServer()
        defer { ceph.stop() }
        let bucket = try await ceph.newBucket()
        let store = RetryingStore(try await ceph.store(bucket))
        _ = try await store.put("c.des", SampleContainer.bytes(5_000), .create)
        let reader = try await ContainerReader(ObjectByteSource(store, key: "c.des"))
        try await ceph.gateway.restart()
        #expect(try await reader.read(SampleContainer.name(99))?.content == SampleContainer.body(99))
    }
}
