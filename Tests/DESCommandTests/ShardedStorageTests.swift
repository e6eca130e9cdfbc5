import DESCore
import Synchronization
import TestServers
import Testing

@Suite("pack --sharded into a bucket")
struct ShardedStorageTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for number in 0..<40 { try directory.tree("tree", ["\(number).txt": "content of \(number)"]) }
    }

    private func daily(_ server: some S3Server, endpoint: String? = nil) -> DailyStore {
        DailyStore(
            directory: directory,
            environment: [
                "AWS_ENDPOINT_URL": endpoint ?? server.endpoint, "AWS_ACCESS_KEY_ID": server.accessKey,
                "AWS_SECRET_ACCESS_KEY": server.secretKey, "AWS_EC2_METADATA_DISABLED": "true",
                "HOME": directory.path,
            ])
    }

    private func run(_ daily: DailyStore, _ arguments: String...) throws -> Command.Result {
        var command = Command.des()
        (command.arguments, command.environment) = (arguments, daily.environment)
        return try command.run()
    }

    @Test(
        "a file is found from its name alone, by the list of its day and shard, and where its line says",
        arguments: ["", "/archive", "/archive/of it/"])
    func roundTrip(prefix: String) async throws {
        let ceph = try await CephServer.shared
        let daily = daily(ceph)
        let bucket = "s3://" + (try await ceph.newBucket())
        // An upload of several parts.
        try Files.write(directory["tree/large"], [UInt8](repeating: 7, count: 9 << 20))
        let result = try daily.pack(["tree", "-o", bucket + prefix, "--shard-bits", "2"]).run()
        let lines = try DailyStore.lines(result)
        #expect(Set(lines.map(\.source)).count == 41)
        let keyPrefix = String(prefix.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
        for line in lines.filter({ $0.source == "tree/large" }) + lines.prefix(5) {
            let name = try DESName(line.name)
            let locator = ShardLocator(of: name, bits: try ShardBits(2), keyPrefix: keyPrefix)
            let listed = try run(daily, "ls", "\(bucket)/\(locator.prefix)").lines
            let keys = listed.map { String($0.dropFirst(bucket.count + 1)) }
            #expect(locator.candidates(among: keys).map(\.text) == [line.key])
            let url = "\(bucket)/\(line.key)"
            #expect(try run(daily, "cat", url, line.name).output == Files.read(directory[line.source]))
            let located = try run(daily, "locate", url, line.name).text
            #expect(located.hasPrefix("\(url)\t\(line.body.lowerBound)\t\(line.body.count)\t"), "\(located)")
        }
        for key in Set(lines.map(\.key)) { #expect(try run(daily, "verify", "\(bucket)/\(key)").status == 0) }
    }

    @Test("once the store refuses a container, no more are begun; lines are of those that are there, and only of them")
    func refused() async throws {
        let ceph = try await CephServer.shared
        let bucket = "s3://" + (try await ceph.newBucket())
        let gate = try FaultProxy(for: ceph.endpoint)
        defer { gate.stop() }
        let puts = Mutex(0)
        gate.inject { request in
            guard request.method == "PUT", request.path.contains("/shard_") else { return nil }
            let number = puts.withLock { puts in
                puts += 1
                return puts
            }
            return number == 12 ? .answer(status: 403, code: "AccessDenied") : nil
        }
        let options = ["--shard-bits", "1", "--container-entries", "1"]
        let result = try daily(ceph, endpoint: gate.endpoint).pack(["tree", "-o", bucket + "/x"] + options).run()
        #expect(result.errors.contains("shard_0000"), "\(result)")
        let lines = try DailyStore.lines(result, status: 1)
        let day = try #require(lines.first).key.prefix("x/YYYY-MM-DD/".utf8.count)
        let listed = try ["shard_00000/", "shard_00001/"].flatMap {
            try run(daily(ceph), "ls", "\(bucket)/\(day)\($0)").lines
        }
        #expect(Set(listed) == Set(lines.map { "\(bucket)/\($0.key)" }))
        #expect((11..<16).contains(lines.count), "\(lines.count)")
    }

    @Test("a store that replaces what it should keep is refused before anything is written, unless that is allowed")
    func replacingStore() async throws {
        let rclone = try await RcloneServer.shared
        let daily = daily(rclone)
        let url = "s3://" + (try await rclone.newBucket()) + "/archive"
        let refused = try daily.pack(["tree", "-o", url]).run()
        #expect(refused.status == 1 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errors.contains("--without-create-only"), "\(refused)")
        #expect(!Files.exists(directory["state"]))
        #expect(try DailyStore.lines(try daily.pack(["tree", "-o", url, "--without-create-only"]).run()).count == 40)
    }

    @Test("a bucket that is not there is said before a name is made")
    func noBucket() async throws {
        let ceph = try await CephServer.shared
        let result = try daily(ceph).pack(["tree", "-o", "s3://no-such-bucket/x"]).run()
        #expect(result.status == 10 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains("s3://no-such-bucket/x"), "\(result)")
        #expect(!Files.exists(directory["state"]))
    }
}
