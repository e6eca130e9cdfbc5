import DESCore
import DESStore
import Glibc
import TestServers

/// Measurements of des-packer: from a bucket to a bucket with PostgreSQL, against `wrk` that only reads the same objects, and
/// from a directory to a directory with SQLite, against `tar`.
struct PackerSuite {
    private let programs: String
    private let directory: String
    private let server: PostgresServer
    private let ceph: CephServer
    private let archive: String

    private static let objectCount = 20_000
    private static let fileCount = 100_000
    private static let cluster = "marked"

    /// Runs all parts; the table is written after each. The other programs are beside `des`.
    static func run(des: String, writingTo path: String) async throws {
        let disk = try WorkDirectory(parent: Machine.environment("TMPDIR") ?? "/tmp")
        defer { disk.remove() }
        let server = try await PostgresServer(
            fsync: true,
            settings: ["shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "top"])
        let ceph = try await CephServer()
        defer {
            server.stop()
            ceph.stop()
        }
        setenv("AWS_ENDPOINT_URL", ceph.endpoint, 1)
        setenv("AWS_ACCESS_KEY_ID", ceph.accessKey, 1)
        setenv("AWS_SECRET_ACCESS_KEY", ceph.secretKey, 1)
        setenv("AWS_EC2_METADATA_DISABLED", "true", 1)
        let suite = PackerSuite(
            programs: des.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }, directory: disk.path,
            server: server, ceph: ceph, archive: try await ceph.newBucket())
        try await suite.run(writingTo: path)
    }

    private func run(writingTo path: String) async throws {
        var table = Table()
        let machine = try Machine.description(of: directory)
        let urls = try await objects()
        for part in [
            { try await throughput(urls, &$0) }, cost, idle, recovery, { try machineOnly(&$0) }, memory,
        ] as [(inout Table) async throws -> Void] {
            try await part(&table)
            try table.markdown(machine: machine).write(to: path)
        }
    }

    // MARK: From a bucket to a bucket

    /// Puts the objects, and makes a database in which they are marked, from which those of the runs are copied.
    /// - Returns: a presigned URL of each.
    private func objects() async throws -> [String] {
        note("putting \(PackerSuite.objectCount) objects")
        let bucket = try await ceph.newBucket()
        let store = try await S3Store.connect(bucket: bucket)
        var random = SeededGenerator(seed: 9)
        let bytes = (0..<1 << 20).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let sizes = (0..<PackerSuite.objectCount).map { _ in
            max(100, min(65_536, Int(4_096 * exp(0.8 * random.normal()))))
        }
        let lines = sizes.enumerated().map { "{\"source\":\"s3://\(bucket)/\($0)\",\"size\":\($1)}\n" }.joined()
        var urls: [String] = []
        for number in sizes.indices { urls.append(try await store.presignedURL("\(number)", seconds: 86_400)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in sizes.indices {
                if number >= 32 { try await group.next() }
                let start = number % (bytes.count - sizes[number])
                let body = Array(bytes[start..<start + sizes[number]])
                group.addTask { _ = try await store.put("\(number)", body, .overwrite) }
            }
            try await group.waitForAll()
        }
        let list = "\(directory)/objects.jsonl"
        try Page(text: lines).write(to: list)
        _ = try await server.query("CREATE DATABASE \(PackerSuite.cluster) TEMPLATE template0", in: "postgres")
        _ = try await server.query("CREATE EXTENSION pg_stat_statements", in: "postgres")
        try mark(list, url(PackerSuite.cluster))
        return urls
    }

    private func url(_ database: String) -> String { server.url(database: database) }

    private func mark(_ list: String, _ url: String) throws {
        try Command([programs + "/des-admin", "migrate", "--database", url, "--set", "names.shard-bits=2"]).run()
        try Command([programs + "/des-admin", "catalog", "import", "--quiet", "--database", url, list]).run()
        try Command([
            programs + "/des-marker", "--once", "--database", url, "--set", "marker.minimum-age=0s", "--set",
            "marker.batch-size=1000", "--set", "service.log-level=error",
        ]).run()
    }

    /// A copy of the database with nothing packed yet.
    private func fresh(_ name: String) async throws -> String {
        _ = try await server.query("DROP DATABASE IF EXISTS \(name)", in: "postgres")
        _ = try await server.query("CREATE DATABASE \(name) TEMPLATE \(PackerSuite.cluster)", in: "postgres")
        _ = try await server.query("VACUUM ANALYZE des_queue", in: name)
        _ = try await server.query("CHECKPOINT", in: "postgres")
        return name
    }

    private func packer(_ url: String, _ store: String, _ settings: String...) -> [String] {
        [programs + "/des-packer", "--database", url, "--store", store]
            + (settings + ["service.log-level=error"]).flatMap { ["--set", $0] }
    }

    private func throughput(_ urls: [String], _ table: inout Table) async throws {
        let script = "\(directory)/wrk.lua"
        let paths = urls.map { url in "\"\(url.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" })\"" }
        try Page(
            text: """
                local paths = {\(paths.joined(separator: ","))}
                local next = 0
                request = function()
                  next = next % #paths + 1
                  return wrk.format("GET", paths[next])
                end

                """
        ).write(to: script)
        var (ours, peer): ([Double], [Double]) = ([], [])
        for number in 0..<5 {
            let database = try await fresh("run_\(number)")
            let seconds = try Command(packer(url(database), "s3://\(archive)") + ["--once"]).run().seconds
            ours.append(Double(PackerSuite.objectCount) / seconds)
            let count = try await server.query("SELECT count(*) FROM des_files", in: database)
            guard count == "\(PackerSuite.objectCount)" else { throw Command.Failure(line: "\(count) were packed") }
            let output = try Command("wrk -t 1 -c 64 -d 5s -s \(script) \(ceph.endpoint)").run(capturing: true).output
            let line = output.split(separator: "\n").first { $0.hasPrefix("Requests/sec:") }
            peer.append(line.flatMap { Double($0.split(separator: " ").last ?? "") } ?? 0)
        }
        note("ours \(ours) peer \(peer)")
        table.ratio(
            "marked rows to committed containers, 20,000 objects of a few KB, Ceph to Ceph, one packer",
            ours: Paired.median(ours), peer: Paired.median(peer), unit: "files/s", target: .atLeast(0.8, "x"),
            command: "wrk -t 1 -c 64, presigned URLs of the same objects: GET alone")
    }

    private func cost(_ table: inout Table) async throws {
        let database = try await fresh("cost")
        let proxy = try FaultProxy(for: ceph.endpoint)
        _ = try await server.query("SELECT pg_stat_statements_reset()", in: "postgres")
        try Command(
            [
                "/usr/bin/env", "AWS_ENDPOINT_URL=\(proxy.endpoint)",
            ] + packer(url(database), "s3://\(archive)") + ["--once"]
        ).run()
        let methods = Dictionary(grouping: proxy.requests, by: \.method).mapValues(\.count)
        note("\(methods)")
        let files = Double(PackerSuite.objectCount)
        table.value(
            "PUT and POST requests per 1,000 of these files, manifests included",
            Double((methods["PUT"] ?? 0) + (methods["POST"] ?? 0)) / files * 1_000, unit: "", target: .atMost(1, ""))
        table.value(
            "GET requests per file", Double(methods["GET"] ?? 0) / files, unit: "",
            target: .atMost(
                1, "",
                limit: "one for each file, and for each container one that reads its end back: it is not taken on trust"
            ))
        let calls = try await server.query(
            """
            SELECT sum(calls) FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid
            WHERE d.datname = '\(database)'
            """, in: "postgres")
        table.value(
            "statements of the catalog per file", (Double(calls) ?? .infinity) / files, unit: "",
            target: .under(0.01, ""))
    }

    // MARK: While nothing happens, and after a crash

    private func idle(_ table: inout Table) async throws {
        let database = try await fresh("idle")
        _ = try await server.query("DELETE FROM des_queue", in: database)
        let daemon = try await daemon(packer(url(database), "s3://\(archive)"))
        try await Task.sleep(for: .seconds(5))
        let (ticks, calls) = (PackerSuite.ticks(try daemon.pid), try await self.calls(database))
        let seconds = 30.0
        try await Task.sleep(for: .seconds(seconds))
        let used = Double(PackerSuite.ticks(try daemon.pid) - ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        let asked = try await self.calls(database) - calls
        daemon.kill()
        table.value("idle: processor time", 100 * used / seconds, unit: "% of a core", target: .under(1, " %"))
        table.value("idle: statements", Double(asked) / seconds, unit: "/s", target: .under(1, "/s"))
    }

    private func daemon(_ command: [String]) async throws -> Daemon {
        let port = try Loopback.freePort()
        return try await Daemon(
            command[0], Array(command.dropFirst()) + ["--listen", "127.0.0.1:\(port)"], port: port)
    }

    private func calls(_ database: String) async throws -> Int {
        Int(
            try await server.query(
                """
                SELECT coalesce(sum(calls), 0) FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid
                WHERE d.datname = '\(database)'
                """, in: "postgres")) ?? 0
    }

    /// User and system time.
    private static func ticks(_ pid: pid_t) -> Int {
        let text = Program.contents(of: "/proc/\(pid)/stat")
        let fields = text.drop { $0 != ")" }.split(separator: " ")
        return (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
    }

    private func recovery(_ table: inout Table) async throws {
        var lags: [Double] = []
        for number in 0..<5 {
            let database = try await fresh("recovery_\(number)")
            let command = packer(
                url(database), "s3://\(archive)", "packer.lease=5s", "packer.shards-max=1", "packer.idle=0s")
            let first = try await daemon(command)
            while try await server.query("SELECT count(*) FROM des_queue WHERE status = 'claimed'", in: database) == "0"
            {}
            let shard = try await server.query("SELECT shard FROM des_containers WHERE state = 'writing'", in: database)
            first.kill()
            let end = ContinuousClock.now
            let second = try await daemon(command + ["--set", "packer.shards-max=4"])
            let again = """
                SELECT count(*) FROM des_containers WHERE shard = \(shard) AND state <> 'abandoned'
                    AND epoch > (SELECT min(epoch) FROM des_containers WHERE shard = \(shard))
                """
            while try await server.query(again, in: database) == "0" {}
            lags.append((ContinuousClock.now - end) / .seconds(1) - 5)
            second.kill()
        }
        note("\(lags)")
        table.value(
            "after SIGKILL: the work is claimed again so long after the lease (5 s from the last renewal) at the latest",
            lags.max() ?? .infinity, unit: "s", target: .atMost(1, " s"))
    }

    // MARK: From a directory to a directory

    private func machineOnly(_ table: inout Table) throws {
        let (tree, list) = ("\(directory)/tree", "\(directory)/files.jsonl")
        let byteCount = try Dataset.logNormalTree(at: tree, fileCount: PackerSuite.fileCount, medianByteCount: 4_096)
        try Command(
            "cd \(tree) && find . -type f -printf '{\"source\":\"\(tree)/%P\",\"size\":%s}\\n' >\(list)"
        ).run()
        let marked = "\(directory)/marked.db"
        try mark(list, "sqlite:\(marked)")
        let (database, store, archive) = ("\(directory)/run.db", "\(directory)/store", "\(directory)/tree.tar")
        let medians = try Paired.run(
            count: 5,
            prepare: {
                try Command(
                    "rm -rf \(database)* \(store) \(archive) && mkdir \(store) && cp \(marked) \(database) && sync"
                ).run()
            },
            ours: { try Command(packer("sqlite:\(database)", store) + ["--once"]).run().seconds },
            peer: { try Command("tar -cf \(archive) -C \(tree) .").run().seconds })
        table.ratio(
            "the same from a directory to a directory with SQLite, 100,000 files (log-normal, \(byteCount / 1_000_000) MB)",
            ours: Double(PackerSuite.fileCount) / medians.ours, peer: Double(PackerSuite.fileCount) / medians.peer,
            unit: "files/s",
            target: .atLeast(
                1, "x",
                limit:
                    "tar neither waits for the disk nor writes down where each file is; ours does both, and reads the "
                    + "files from their own rows"),
            command: "tar -cf tree.tar -C tree .")
        try Command("rm -rf \(store) \(archive)").run()
    }

    private func memory(_ table: inout Table) async throws {
        // A backlog of many rows in many shards, and a body that is larger than memory is allowed to be.
        let (database, store, list) = ("\(directory)/memory.db", "\(directory)/store", "\(directory)/memory.jsonl")
        try Command("mkdir \(store) && truncate -s 1G \(directory)/large").run()
        try Command("cat \(directory)/files.jsonl >\(list) && echo '{\"source\":\"\(directory)/large\"}' >>\(list)")
            .run()
        try mark(list, "sqlite:\(database)")
        let local = try Command(packer("sqlite:\(database)", store) + ["--once"]).measured()
        table.value(
            "peak memory: 100,000 files and one of 1 GiB, directory to directory", Double(local.peakByteCount) / 1e6,
            unit: "MB", target: .under(256, " MB"))
        let cluster = try await fresh("memory")
        _ = try await server.query(
            "INSERT INTO des_queue (source, size) VALUES ('\(directory)/large', 1073741824)", in: cluster)
        try Command([
            programs + "/des-marker", "--once", "--database", url(cluster), "--set", "marker.minimum-age=0s", "--set",
            "service.log-level=error",
        ]).run()
        let remote = try Command(packer(url(cluster), "s3://\(archive)") + ["--once"]).measured()
        table.value(
            "peak memory: 20,000 objects and a file of 1 GiB, to a bucket", Double(remote.peakByteCount) / 1e6,
            unit: "MB", target: .under(256, " MB"))
    }
}
