import DESCore
import Glibc
import Synchronization
import TestServers
import Testing

@testable import DESStore

@Suite("S3 store")
struct S3StoreTests {
    @Test("each store's promise of create-only is found out, and the trial leaves nothing")
    func createSupport() async throws {
        let (ceph, moto, rclone) = (
            try await CephServer.shared, try await MotoServer.shared, try await RcloneServer.shared
        )
        let servers: [(any S3Server, CreateSupport)] = [(ceph, .putOnly), (moto, .full), (rclone, .none)]
        for (server, expected) in servers {
            let store = try await server.store(try await server.newBucket())
            #expect(try await store.createSupport(below: "dir/") == expected, "\(server.endpoint)")
            #expect(try await store.list("", isFlat: true, after: nil).objects.isEmpty, "\(server.endpoint)")
        }
    }

    @Test("wrong secrets, unknown buckets and keys are told apart")
    func refusals() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        let stranger = await #expect(throws: DESError.self) {
            try await ceph.store(bucket, secretKey: "wrong").head("x")
        }
        #expect(stranger?.code == .denied)
        let nowhere = await #expect(throws: DESError.self) {
            try await ceph.store("no-such-bucket").list("", isFlat: true, after: nil)
        }
        #expect(nowhere?.code == .notFound && nowhere?.message.contains("bucket") == true)
        let nothing = await #expect(throws: DESError.self) { try await ceph.store(bucket).head("x") }
        #expect(nothing?.code == .notFound)
    }

    @Test("credentials that expired are fetched anew, once, and the request is made again")
    func expiry() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        let proxy = try FaultProxy(for: ceph.endpoint)
        defer { proxy.stop() }
        let loads = Mutex(0)
        let settings = try await S3Settings.load(Environment(["AWS_ENDPOINT_URL": proxy.endpoint]))
        let (id, secret) = (ceph.accessKey, ceph.secretKey)
        let store = try S3Store(
            bucket: bucket, settings: settings,
            credentials: CredentialSource {
                loads.withLock { $0 += 1 }
                return Credentials(accessKeyID: id, secret: secret)
            })
        proxy.inject { $0.ordinal == 0 ? .answer(status: 400, code: "ExpiredToken") : nil }
        _ = try await store.put("key", [1], .create)
        #expect(loads.withLock { $0 } == 2)
        proxy.inject { _ in .answer(status: 400, code: "ExpiredToken") }
        let error = await #expect(throws: DESError.self) { try await store.head("key") }
        // HEAD has no document that could say why.
        #expect(error?.code == .invalidArgument || error?.code == .denied)
        let denied = await #expect(throws: DESError.self) { try await store.get("key", .bytes(0..<1), ifMatch: nil) }
        #expect(denied?.code == .denied && loads.withLock { $0 } == 3)
    }

    @Test("a create-only put whose answer was lost is found to be ours; one that met another's object is a conflict")
    func lostAnswer() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        let proxy = try FaultProxy(for: ceph.endpoint)
        defer { proxy.stop() }
        let store = RetryingStore(try await ceph.store(bucket, through: proxy), policy: .atOnce)
        let body = [UInt8](repeating: 7, count: 100_000)
        // On a new connection, and on one that was used before, where libcurl would like to repeat the request itself.
        for (key, body) in [("new", body), ("kept", body), ("empty", [])] {
            proxy.reset()
            proxy.inject { $0.method == "PUT" && $0.methodOrdinal == 0 ? .loseAnswer : nil }
            let etag = try await store.put(key, body, .create)
            #expect(try await store.head(key).etag == etag)
            #expect(proxy.requests.count { $0.method == "PUT" } == 2)
        }
        // The same for the completion of an upload.
        let large = [UInt8](repeating: 7, count: 6 << 20)
        proxy.reset()
        proxy.inject { $0.method == "POST" && $0.methodOrdinal == 1 ? .loseAnswer : nil }
        var pieces = [large].makeIterator()
        let etag = try await store.upload("large", .overwrite, partByteCount: 5 << 20) { pieces.next() }
        #expect(try await store.head("large").etag == etag)

        _ = try await ceph.store(bucket).put("theirs", Array(body.dropLast()) + [8], .create)
        proxy.reset()
        proxy.inject { $0.method == "PUT" && $0.methodOrdinal == 0 ? .cut(.close) : nil }
        let error = await #expect(throws: DESError.self) { try await store.put("theirs", body, .create) }
        #expect(error?.code == .conflict)
    }

    @Test("a container streamed into a bucket appears whole, in several parts, or not at all", arguments: [1, 6, 20])
    func sink(megabytes: Int) async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        let store = try await ceph.store(bucket)
        let body = (0..<megabytes << 20).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 11) }
        let name = try EntryName("large")
        @Sendable func write(_ sink: ObjectSink, seals: Bool) throws {
            var writer = try ContainerWriter(to: sink)
            try writer.append(name, body: body.span.bytes)
            #expect(writer.entryCount == 1)
            if seals { _ = try writer.seal() } else { sink.abandon() }
        }
        @Sendable func uploadCount() async throws -> Int {
            try await ceph.curl(["\(ceph.endpoint)/\(bucket)?uploads="]).output.split(separator: "<Upload>").count - 1
        }
        let pool = BlockingPool.shared
        let abandoned = ObjectSink(store, key: "no.des", .create, isUnique: true, partByteCount: 5 << 20)
        try await pool.run { try write(abandoned, seals: false) }
        await abandoned.waitUntilOver()
        #expect(try await uploadCount() == 0)
        try await pool.run {
            try write(ObjectSink(store, key: "a.des", .create, isUnique: true, partByteCount: 5 << 20), seals: true)
        }
        let reader = try await ContainerReader(ObjectByteSource(store, key: "a.des"))
        #expect(try await reader.read(name)?.content == body)
        #expect(try await store.list("", isFlat: true, after: nil).objects.map(\.key) == ["a.des"])
        // The key is taken now, and this store would not say so for several parts.
        await #expect(throws: DESError.self) {
            try await pool.run {
                try write(ObjectSink(store, key: "a.des", .create, partByteCount: 5 << 20), seals: true)
            }
        }
        if megabytes > 5 {
            let error = await #expect(throws: DESError.self) {
                try await pool.run {
                    try write(ObjectSink(store, key: "b.des", .create, partByteCount: 5 << 20), seals: true)
                }
            }
            #expect(error?.code == .unsupported)
        }
    }

    @Test("no descriptor is left over after many requests, good and bad")
    func descriptors() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        func openCount() -> Int { (0..<4_096).count { fcntl($0, F_GETFD) >= 0 } }
        let before = openCount()
        do {
            var options = S3Store.Options()
            options.connectionCountMax = 8
            let store = try await ceph.store(bucket, options: options)
            _ = try await store.put("key", [1, 2, 3], .create)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<32 {
                    group.addTask {
                        for round in 0..<60 {
                            if (task + round) % 5 == 0 {
                                _ = try? await store.get("none", .bytes(0..<1), ifMatch: nil)
                            } else {
                                let answer = try await store.get("key", .bytes(0..<3), ifMatch: nil)
                                #expect(answer.bytes == [1, 2, 3])
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            // Other tests run beside this one: what is counted are connections of this store, 8 at most.
            #expect(openCount() - before < 200)
        }
    }
}
