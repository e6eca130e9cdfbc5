@testable import DESCatalog
import DESCore
import DESStore
import Glibc
import TestServers
import Testing

/// Processes that are killed, stopped and cut off: afterwards every file is packed, once.
@Suite(.serialized) struct FaultTests {
    /// A packer of few rows is killed by the system at its n-th message, to the catalog or to a store, for every n, until one
    /// ends by itself.
    @Test("killed at each message it sends", .timeLimit(.minutes(4)))
    func killedAtMessages() async throws {
        let deployment = try await Deployment(.cluster, shardBits: 1)
        try await killed(deployment, at: "sendto,sendmsg,write,writev")
    }

    @Test("killed at each change of a file", .timeLimit(.minutes(4)))
    func killedAtChanges() async throws {
        let deployment = try await Deployment(.machine, shardBits: 1)
        try await killed(deployment, at: "pwrite64,write,fdatasync,fsync,renameat2,unlinkat,ftruncate")
    }

    private func killed(_ deployment: Deployment, at calls: String) async throws {
        try await deployment.enqueue(Deployment.sizes(12))
        try await deployment.mark()
        let strace = try Toolbox.path(of: "strace")
        var (kills, count) = (0, 1)
        while true {
            let daemon = try await Daemon(
                strace,
                [
                    "-f", "-q", "-o", "/dev/null", "-e", "trace=\(calls)", "-e",
                    "inject=\(calls):signal=KILL:when=\(count)",
                    "--", Toolbox.built("des-packer"), "--once", "--database", deployment.url, "--store",
                    deployment.place,
                    "--set", "packer.lease=1s",
                ], environment: deployment.environment)
            let status = try await daemon.ending()
            // What was claimed by the dead one is free when its lease has run out.
            try await deployment.query("UPDATE des_shard_leases SET expires_at = \(deployment.catalog.dialect.now)")
            guard status != 0 else { break }
            kills += 1
            // Densely where little happens between, then in longer steps.
            count += count < 60 ? 1 : 5
            if try await deployment.value("SELECT count(*) FROM des_queue") == "0" {
                try await deployment.expectAllPacked(withManifests: false)
                try await deployment.enqueue(Deployment.sizes(12), prefix: "again-\(count)")
                try await deployment.mark()
            }
        }
        #expect(kills > 40)
        try await deployment.expectAllPacked(withManifests: false)
    }

    /// It goes on when somebody else has packed its files long ago: nothing of what it does then counts.
    @Test("stopped until its lease is lost, wherever it is", .timeLimit(.minutes(4)))
    func zombies() async throws {
        let proxy = try PostgresProxy(for: try await PostgresServer.shared.port)
        let deployment = try await Deployment(.cluster, shardBits: 1, Deployment.Servers(databasePort: proxy.port))
        var stoppedCount = 0
        for count in stride(from: 14, through: 86, by: 6) {
            try await deployment.enqueue(Deployment.sizes(12), prefix: "zombie-\(count)")
            try await deployment.mark()
            let start = proxy.messageCount
            let zombie = try await Daemon(
                Toolbox.built("des-packer"),
                ["--once", "--database", deployment.url, "--store", deployment.place, "--set", "packer.lease=1s"],
                environment: deployment.environment)
            // At once when the message passes that is wanted: most of the time before the next one does.
            while proxy.messageCount < start + count, zombie.isRunning {}
            if zombie.isRunning {
                try zombie.send(SIGSTOP)
                stoppedCount += 1
            }
            try await deployment.query("UPDATE des_shard_leases SET expires_at = \(deployment.catalog.dialect.now)")
            try await deployment.waitUntilPacked { _ = try await deployment.packOnce() }
            let before = try await deployment.query("SELECT name, container_id FROM des_files ORDER BY name")
            if zombie.isRunning { try zombie.send(SIGCONT) }
            _ = try await zombie.ending()
            #expect(try await deployment.query("SELECT name, container_id FROM des_files ORDER BY name") == before)
        }
        #expect(stoppedCount > 5)
        try await deployment.expectAllPacked(withManifests: false)
    }

    @Test("the connection to the catalog is cut after each message", .timeLimit(.minutes(4)))
    func cutConnections() async throws {
        let postgres = try await PostgresServer.shared
        let proxy = try PostgresProxy(for: postgres.port)
        let deployment = try await Deployment(.cluster, shardBits: 1, Deployment.Servers(databasePort: proxy.port))
        let packer = try await deployment.packer("packer.container-count=20")
        for count in 1...60 {
            try await deployment.enqueue(Deployment.sizes(3), prefix: "cut-\(count)")
            try await deployment.mark()
            proxy.cut(after: count)
            try await deployment.wait(for: "SELECT count(*) FROM des_queue", "0")
        }
        withExtendedLifetime(packer) {}
        try await deployment.expectAllPacked(withManifests: false)
        #expect(try await deployment.value("SELECT count(*) FROM des_dead_letters") == "0")
    }

    @Test(
        "answers of the store are lost, cut, late and refused: no file is lost or packed twice", .timeLimit(.minutes(4))
    )
    func badStore() async throws {
        let ceph = try await CephServer.shared
        let proxy = try FaultProxy(for: ceph.endpoint)
        let deployment = try await Deployment(.cluster, shardBits: 1, Deployment.Servers(endpoint: proxy.endpoint))
        let faults: [Fault] = [
            .slowDown(), .cut(.reset), .cut(.close), .loseAnswer, .cutBody(after: 10),
            .answer(status: 500, code: "InternalError"),
            .shortenBody(to: 5), .delay(.milliseconds(30)), .field("ETag", "\"other\""),
        ]
        let packer = try await deployment.packer("packer.retries-max=1000")
        for (number, fault) in (faults + faults).enumerated() {
            let every = 2 + number / faults.count
            // As if by chance: an empty body takes two requests, and must not fail at the same one each time.
            proxy.inject { ($0.ordinal &* 2_654_435_761) >> 8 % every == 0 ? fault : nil }
            try await deployment.enqueue(Deployment.sizes(30), prefix: "bad-\(number)")
            try await deployment.mark()
            try await deployment.wait(for: "SELECT count(*) FROM des_queue", "0")
            proxy.inject { _ in nil }
        }
        withExtendedLifetime(packer) {}
        try await deployment.expectAllPacked(withManifests: false)
    }

    @Test("SIGTERM seals what was fetched so far, and leaves the rest to others", .timeLimit(.minutes(2)))
    func termination() async throws {
        let ceph = try await CephServer.shared
        let proxy = try FaultProxy(for: ceph.endpoint)
        let deployment = try await Deployment(.cluster, shardBits: 1, Deployment.Servers(endpoint: proxy.endpoint))
        try await deployment.enqueue(Deployment.sizes(600))
        try await deployment.mark()
        // After some, bodies come slowly.
        proxy.inject { $0.path.contains("file-") && $0.ordinal > 150 ? .delay(.milliseconds(500)) : nil }
        let packer = try await deployment.packer()
        while proxy.requests.count < 200 { try await Task.sleep(for: .milliseconds(10)) }
        try packer.daemon.send(SIGTERM)
        #expect(try await packer.daemon.ending() == 0)
        let committed = packer.logged("packer.committed")
        #expect(committed.contains { $0["reason"]?.stringValue == "shutdown" }, "\(packer.daemon.output)")
        #expect(try await deployment.value("SELECT count(*) FROM des_queue WHERE status <> 'marked'") == "0")
        #expect(try await deployment.value("SELECT count(*) FROM des_queue WHERE attempts > 0") == "0")
        #expect(try await deployment.value("SELECT count(*) FROM des_shard_leases WHERE holder IS NOT NULL") == "0")
        proxy.inject { _ in nil }
        #expect(try await deployment.packOnce().status == 0)
        try await deployment.expectAllPacked()
    }

    /// Would fail if a store that is down were taken for sources that are missing.
    @Test("sources that cannot be reached cost no row an attempt, and /readyz says so", .timeLimit(.minutes(3)))
    func outage() async throws {
        let ceph = try await CephServer.shared
        let proxy = try FaultProxy(for: ceph.endpoint)
        let deployment = try await Deployment(.cluster, shardBits: 1, Deployment.Servers(endpoint: proxy.endpoint))
        let packer = try await deployment.packer("packer.retries-max=0")
        try await packer.wait(for: 200)
        proxy.inject { $0.path.contains("file-") ? .answer(status: 403, code: "AccessDenied") : nil }
        try await deployment.enqueue(Deployment.sizes(20))
        try await deployment.mark()
        try await packer.wait(for: 503)
        #expect(try await packer.ask("/readyz").text.contains("access was denied"))
        #expect(try await deployment.value("SELECT count(*) FROM des_queue WHERE attempts > 0") == "0")
        proxy.inject { _ in nil }
        try await deployment.waitUntilPacked()
        try await packer.wait(for: 200)
        try await deployment.expectAllPacked()
        #expect(try await deployment.value("SELECT count(*) FROM des_dead_letters") == "0")
    }

    @Test("a manifest that could not be written is written later, and holds nobody up", .timeLimit(.minutes(2)))
    func manifests() async throws {
        let ceph = try await CephServer.shared
        let proxy = try FaultProxy(for: ceph.endpoint)
        let deployment = try await Deployment(.cluster, shardBits: 1, Deployment.Servers(endpoint: proxy.endpoint))
        proxy.inject { $0.path.contains("/manifests/") ? .answer(status: 403, code: "AccessDenied") : nil }
        let packer = try await deployment.packer("packer.manifest-interval=100ms")
        try await deployment.enqueue(Deployment.sizes(40))
        try await deployment.mark()
        try await deployment.waitUntilPacked()
        try await packer.wait(forLogged: "packer.manifest_failed", count: 3)
        try await deployment.expectAllPacked(withManifests: false)
        proxy.inject { _ in nil }
        try await deployment.wait(for: "SELECT count(*) FROM des_containers WHERE manifest_at IS NULL", "0")
        try await deployment.expectAllPacked()
    }
}
