import DESCore
import Glibc
import TestServers
import Testing

@testable import DESStore

/// The ways to reach a server that the environment can ask for, each against one that serves it.
@Suite("Connections to S3")
struct S3ConnectionTests {
    private func environment(_ server: some S3Server, _ more: [String: String]) -> Environment {
        Environment(
            [
                "AWS_ACCESS_KEY_ID": server.accessKey, "AWS_SECRET_ACCESS_KEY": server.secretKey,
                "AWS_ENDPOINT_URL": server.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
            ].merging(more) { $1 })
    }

    @Test("TLS is spoken with a certificate that AWS_CA_BUNDLE names, and refused with any other")
    func certificates() async throws {
        let rclone = try await RcloneServer(isSecure: true)
        defer { rclone.stop() }
        mkdir("\(rclone.objects)/bucket", 0o700)
        let bundle = try #require(rclone.certificate)
        func store(_ more: [String: String]) async throws -> S3Store {
            try await S3Store.connect(bucket: "bucket", environment: environment(rclone, more))
        }
        let trusting = try await store(["AWS_CA_BUNDLE": bundle])
        _ = try await trusting.put("key", [1, 2, 3], .overwrite)
        #expect(try await trusting.get("key", .suffix(2), ifMatch: nil).bytes == [2, 3])
        for (more, word) in [([:], "certificate"), (["AWS_CA_BUNDLE": bundle + ".none"], bundle + ".none")] {
            let error = await #expect(throws: DESError.self) {
                try await store(more).get("key", .suffix(2), ifMatch: nil)
            }
            #expect(error?.code == .unavailable && error?.isTransient == false, "\(error as Any)")
            #expect(error?.message.contains(word) == true, "\(error as Any)")
        }
    }

    @Test("a bucket in the host's name is found by a server that serves it there")
    func virtualHost() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        let key = "a b/ü+%/c"
        let (path, virtual) = (
            try await ceph.store(bucket),
            try await S3Store.connect(
                bucket: bucket,
                environment: environment(
                    ceph,
                    [
                        "AWS_ENDPOINT_URL": ceph.endpoint.replacing("127.0.0.1", with: "localhost"),
                        "DES_S3_ADDRESSING": "virtual",
                    ]))
        )
        _ = try await virtual.put(key, [1, 2, 3], .create)
        #expect(try await path.get(key, .bytes(0..<3), ifMatch: nil).bytes == [1, 2, 3])
        #expect(try await virtual.list("", isFlat: true, after: nil).objects.map(\.key) == [key])
        let url = try await virtual.presignedURL(key, seconds: 60)
        #expect(url.hasPrefix("http://\(bucket).localhost:"))
        #expect(try await Program.check("curl", ["--silent", url]) == "\u{1}\u{2}\u{3}")
    }

    @Test("a clock that is wrong by an hour is said to be that", arguments: [-3_600, 3_600])
    func skew(seconds: Int) async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        let (id, secret) = (ceph.accessKey, ceph.secretKey)
        let store = RetryingStore(
            try S3Store(
                bucket: bucket, settings: try await S3Settings.load(environment(ceph, [:])),
                credentials: CredentialSource(Credentials(accessKeyID: id, secret: secret)),
                now: {
                    let time = CredentialSource.systemTime
                    return Timestamp(seconds: time.seconds + seconds, nanoseconds: time.nanoseconds)
                }), policy: .atOnce)
        let error = await #expect(throws: DESError.self) { try await store.put("key", [1], .create) }
        #expect(error?.code == .denied && error?.message.contains("clock") == true, "\(error as Any)")
    }
}
