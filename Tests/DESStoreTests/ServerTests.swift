import Glibc
import TestServers
import Testing

/// The servers that other tests run against are what those tests believe them to be.
@Suite struct ServerTests {
    /// Writes a new object, and says the status.
    private let put = [
        "--request", "PUT", "--data-binary", "content", "--header", "If-None-Match: *", "--write-out", "%{http_code}",
    ]

    @Test func cephRefusesStrangersAndHonoursCreateOnly() async throws {
        let ceph = try await CephServer.shared
        let object = "\(ceph.endpoint)/\(try await ceph.newBucket())/object"
        let unsigned = try await Program.check("curl", ["--silent", "--write-out", "%{http_code}", object])
        #expect(unsigned.hasSuffix("403"))
        let createOnly = put + [object]
        #expect(try await ceph.curl(createOnly).output == "200")
        #expect(try await ceph.curl(createOnly).output.hasSuffix("412"))
    }

    @Test func cephKeepsObjectsWhenItsGatewayIsKilledAndHangsWithItsOSD() async throws {
        let ceph = try await CephServer()
        defer { ceph.stop() }
        let object = "\(ceph.endpoint)/\(try await ceph.newBucket())/object"
        #expect(try await ceph.curl(["--request", "PUT", "--data-binary", "content", object]).status == 0)

        let before = try ceph.gateway.pid
        try await ceph.gateway.restart()
        #expect(try ceph.gateway.pid != before)
        #expect(try await ceph.curl([object]).output == "content")

        try ceph.osd.send(SIGSTOP)
        #expect(try await ceph.curl(["--max-time", "1", object]).status == CurlStatus.timedOut)
        try ceph.osd.send(SIGCONT)
        #expect(try await ceph.curl([object]).output == "content")
    }

    @Test func motoHonoursCreateOnly() async throws {
        let moto = try await MotoServer.shared
        let object = "\(moto.endpoint)/\(try await moto.newBucket())/object"
        let createOnly = put + [object]
        #expect(try await moto.curl(createOnly).output == "200")
        #expect(try await moto.curl(createOnly).output.hasSuffix("412"))
    }

    @Test func rcloneServesADirectoryAndIgnoresCreateOnly() async throws {
        let rclone = try await RcloneServer.shared
        let bucket = try await rclone.newBucket()
        let object = "\(rclone.endpoint)/\(bucket)/object"
        for _ in 0..<2 {
            #expect(try await rclone.curl(put + [object]).output == "200")
        }
        #expect(access("\(rclone.objects)/\(bucket)/object", F_OK) == 0)
    }

    @Test func redisWantsItsPassword() async throws {
        let (open, closed) = (try await RedisServer.shared, try await RedisServer(password: "open-sesame"))
        defer { closed.stop() }
        #expect(try await Program.check("redis-cli", ["-u", open.endpoint, "ping"]) == "PONG\n")
        #expect(try await Program.run("redis-cli", ["-p", "\(closed.port)", "ping"]).output.contains("NOAUTH"))
        #expect(try await Program.run("redis-cli", ["-u", closed.endpoint, "ping"]).output.hasSuffix("PONG\n"))
        try await closed.daemon.restart()
        #expect(try await Program.run("redis-cli", ["-u", closed.endpoint, "ping"]).output.hasSuffix("PONG\n"))
    }

    @Test func aStoppedServerLeavesNothing() async throws {
        let rclone = try await RcloneServer()
        let ceph = try await CephServer()
        let pids = [try ceph.osd.pid, try ceph.gateway.pid]
        rclone.stop()
        ceph.stop()
        for pid in pids { #expect(kill(pid, 0) != 0, "process \(pid) is still there") }
        #expect(access(rclone.objects, F_OK) != 0)
        for endpoint in [rclone.endpoint, ceph.endpoint] {
            #expect(try await Program.run("curl", ["--silent", endpoint]).status == CurlStatus.refused)
        }
    }

    @Test func aKilledTestRunLeavesNothing() async throws {
        let result = try await #require(
            processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
        ) {
            let (redis, rclone) = (try await RedisServer(), try await RcloneServer())
            let postgres = try await PostgresServer()
            // On lines of their own: the runner of the tests writes there too.
            let pids = "\(try redis.daemon.pid) \(try rclone.daemon.pid) \(try postgres.pid)"
            let text = "\nleft \(pids) \(rclone.objects)\n"
            _ = write(1, text, text.utf8.count)
            kill(getpid(), SIGKILL)
        }
        let lines = String(decoding: result.standardOutputContent, as: UTF8.self).split(separator: "\n")
        let words = try #require(lines.first { $0.hasPrefix("left ") }).split(separator: " ")
        let root = words[4].split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
        let pids = try words[1...3].map { try #require(pid_t($0)) }

        // Nobody tells when another's children are gone, so this looks again and again.
        let end = ContinuousClock.now + .seconds(60)
        while pids.contains(where: { kill($0, 0) == 0 }) || access(root, F_OK) == 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        for pid in pids { #expect(kill(pid, 0) != 0, "process \(pid) is still there") }
        #expect(access(root, F_OK) != 0, "\(root) is still there")
    }
}

/// Exit statuses of curl(1).
enum CurlStatus {
    static let refused: Int32 = 7
    static let partial: Int32 = 18
    static let timedOut: Int32 = 28
    static let noAnswer: Int32 = 52
    static let receiveFailed: Int32 = 56
}
