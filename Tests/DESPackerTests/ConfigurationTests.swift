@testable import DESCatalog
import DESCore
import DESStore
import Glibc
import TestServers
import Testing

/// What somebody has to mend first is said at the start, with status 78 and no word of a secret.
@Suite(.serialized) struct ConfigurationTests {
    @Test(
        "set up wrongly",
        arguments: [
            (["--store", "s3://bucket/prefix"], "names.key-prefix"),
            (["--store", "s3://no-such-bucket-here"], "there is no such bucket"),
            (["--store", "ftp://host/x"], "expected s3://bucket"),
            (["--store", "/no/such/directory"], "/no/such/directory"),
            ([], "store.url"),
            (["--store", "s3://bucket-x", "--set", "packer.spool-directory=/no/such"], "/no/such"),
            (["--store", "s3://bucket-x", "--set", "packer.large-size=1GiB"], "packer.memory"),
            (["--store", "s3://bucket-x", "--set", "names.shard-bits=7"], "names.shard-bits is 7"),
            (["--store", "s3://bucket-x", "--set", "packer.lease=1ms"], "packer.lease"),
        ])
    func wrong(arguments: [String], words: String) async throws {
        let deployment = try await Deployment(.cluster)
        let daemon = try await Daemon(
            Toolbox.built("des-packer"), ["--once", "--database", deployment.url] + arguments,
            environment: deployment.environment)
        #expect(try await daemon.ending() == 78)
        #expect(daemon.output.contains(words), "\(daemon.output)")
        #expect(!daemon.output.contains("test-password") && !daemon.output.contains("testsecretkey"))
    }

    @Test("a store that replaces what is there is refused, and so is one of another deployment")
    func stores() async throws {
        let deployment = try await Deployment(.cluster)
        let rclone = try await RcloneServer.shared
        let bucket = try await rclone.newBucket()
        let daemon = try await Daemon(
            Toolbox.built("des-packer"), ["--once", "--database", deployment.url, "--store", "s3://\(bucket)"],
            environment: deployment.environment.merging(["AWS_ENDPOINT_URL": rclone.endpoint]) { $1 })
        #expect(try await daemon.ending() == 78)
        #expect(daemon.output.contains("it ignores If-None-Match"), "\(daemon.output)")

        let other = "{\"shard_bits\":9,\"name_prefix\":\"DES\",\"key_prefix\":\"archive\"}"
        _ = try await deployment.store.put("archive/des-layout.json", Array(other.utf8), .create)
        let result = try await deployment.packOnce()
        #expect(result.status == 78 && result.output.contains("another deployment"), "\(result.output)")
    }

    @Test("a bucket that cannot be reached is waited for; the process lives, and is not ready")
    func unreachable() async throws {
        let ceph = try await CephServer.shared
        let proxy = try FaultProxy(for: ceph.endpoint)
        let deployment = try await Deployment(.cluster, Deployment.Servers(endpoint: proxy.endpoint))
        proxy.inject { _ in .answer(status: 503, code: "SlowDown") }
        let packer = try await deployment.packer()
        #expect(try await packer.ask("/livez").status == 200)
        #expect(try await packer.ask("/readyz").status == 503)
        proxy.inject { _ in nil }
        try await packer.wait(for: 200)
        try await deployment.enqueue(Deployment.sizes(10))
        try await deployment.mark()
        try await deployment.waitUntilPacked()
        try await deployment.expectAllPacked()
    }
}
