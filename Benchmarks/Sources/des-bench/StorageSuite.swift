import DESCore
import DESStore
import Glibc
import Synchronization
import TestServers

/// Measurements against Ceph's S3 gateway on this machine, which is the same for ours and the peer.
struct StorageSuite {
    let des: String
    let directory: String

    private static let entryCount = 1_000_000
    private static let bucket = "bench"

    private static let batchLimit =
        "the names lie far apart, so that merging within twice the bytes wanted leaves most of the requests, and the "
        + "server, on the same two cores, answers hardly more in a second than what wrk gets (the row above). 32 requests at "
        + "a time and reads that overtake each other were tried and changed nothing."

    /// Runs all parts; the table is written after each.
    static func run(des: String, writingTo path: String) async throws {
        let memory = try WorkDirectory(parent: "/dev/shm")
        defer { memory.remove() }
        try await StorageSuite(des: des, directory: memory.path).run(writingTo: path)
    }

    private func run(writingTo path: String) async throws {
        var table = Table()
        let machine = try Machine.description(of: directory)
        let ceph = try await CephServer()
        let bucket = try await ceph.newBucket()
        setenv("AWS_ENDPOINT_URL", ceph.endpoint, 1)
        setenv("AWS_ACCESS_KEY_ID", ceph.accessKey, 1)
        setenv("AWS_SECRET_ACCESS_KEY", ceph.secretKey, 1)
        setenv("AWS_EC2_METADATA_DISABLED", "true", 1)
        try packing(bucket, ceph, &table)
        try await manyOfOne(bucket, &table)
        try table.markdown(machine: machine).write(to: path)
        try await oneOfAMillion(bucket, &table)
        ceph.stop()
        try table.markdown(machine: machine).write(to: path)
        try await largeObject(&table)
        try table.markdown(machine: machine).write(to: path)
    }

    private func store(_ bucket: String) async throws -> some ObjectStore {
        RetryingStore(try await S3Store.connect(bucket: bucket))
    }

    // MARK: One name of a million

    private func oneOfAMillion(_ bucket: String, _ table: inout Table) async throws {
        let (sorted, plain) = ("\(directory)/million.des", "\(directory)/million-v1.des")
        try Containers.clustered(at: sorted, entryCount: StorageSuite.entryCount)
        try Containers.withoutTail(sorted, to: plain)
        for (path, key) in [(sorted, "million.des"), (plain, "million-v1.des")] {
            note("uploading \(key)")
            try Command("\(des) cp \(path) s3://\(bucket)/\(key) --force --quiet && rm \(path)").run()
        }
        let store = try await store(bucket)
        var random = SeededGenerator(seed: 6)
        var names: [EntryName] = []
        for _ in 0..<300 {
            names.append(try Containers.name(Int.random(in: 0..<StorageSuite.entryCount, using: &random)))
        }
        var (times, quick, tripsMax, indexBytesMax): ([Double], Int, Int, Int) = ([], 0, 0, 0)
        for name in names {
            let source = CountingByteSource(ObjectByteSource(store, key: "million.des"))
            let start = ContinuousClock.now
            let reader = try await ContainerReader(source)
            guard let (entry, content) = try await reader.read(name), content.count == entry.byteCount else {
                throw Command.Failure(line: name.string)
            }
            times.append((ContinuousClock.now - start) / .seconds(1))
            let counts = source.counts
            if counts.roundTrips <= 2 { quick += 1 }
            tripsMax = max(tripsMax, counts.roundTrips)
        }
        // Without a window what was read besides the body is index.
        var options = ContainerReader.Options()
        options.windowByteCount = 0
        for name in names.prefix(50) {
            let source = CountingByteSource(ObjectByteSource(store, key: "million.des"))
            let found = try await ContainerReader(source, options: options).read(name)
            indexBytesMax = max(indexBytesMax, source.counts.bytes - (found?.content.count ?? 0))
        }
        let cold = Paired.median(times)
        table.value(
            "cold get of one name of 1,000,000 from S3: reads in 2 round trips",
            100 * Double(quick) / Double(names.count),
            unit: "%", target: .atLeast(95, " %"))
        table.value("the most round trips of one such read", Double(tripsMax), unit: "", target: .atMost(3, ""))
        table.value(
            "bytes of such a read besides the predicted window, at most", Double(indexBytesMax) / 1_024, unit: "KiB",
            target: .atMost(144, " KiB"))
        var plainTimes: [Double] = []
        for name in names.prefix(5) {
            let start = ContinuousClock.now
            // As v1 does it: the length, the FOOTER, all of INDEX, the body.
            _ = try await store.head("million-v1.des")
            let reader = try await ContainerReader(ObjectByteSource(store, key: "million-v1.des"))
            guard try await reader.read(name) != nil else { throw Command.Failure(line: name.string) }
            plainTimes.append((ContinuousClock.now - start) / .seconds(1))
        }
        table.process(
            "cold get of one name of 1,000,000 from S3, against the procedure of version 1", ours: cold,
            peer: Paired.median(plainTimes), target: .atLeast(20, "x"),
            command: "HEAD, FOOTER, whole INDEX, body of a plain version 1 container, by the same reader",
            isFactorOfPeer: false)
        for key in ["million.des", "million-v1.des"] { try await store.delete(key) }
    }

    // MARK: Many names of one container

    private func manyOfOne(_ bucket: String, _ table: inout Table) async throws {
        let path = "\(directory)/hundred.des"
        try Containers.clustered(at: path, entryCount: 100_000)
        try Command("\(des) cp \(path) s3://\(bucket)/hundred.des --force --quiet && rm \(path)").run()
        let store = try await store(bucket)
        let reader = try await ContainerReader(ObjectByteSource(store, key: "hundred.des"))
        var random = SeededGenerator(seed: 7)
        var names: [EntryName] = []
        for _ in 0..<1_000 { names.append(try Containers.name(Int.random(in: 0..<100_000, using: &random))) }
        let entries = try await reader.find(names).compactMap { $0 }
        guard entries.count == names.count else { throw Command.Failure(line: "names are missing") }

        // Warm single gets against wrk.
        let url = try await store.presignedURL("hundred.des", seconds: 3_600)
        let script = "\(directory)/wrk.lua"
        try Page(text: StorageSuite.wrkScript(url, entries)).write(to: script)
        let host = url.split(separator: "/").prefix(2).joined(separator: "//")
        var (ours, peer): ([Double], [Double]) = ([], [])
        for _ in 0..<5 {
            ours.append(try await StorageSuite.rate(reader, names))
            let output = try Command("wrk -t 2 -c 32 -d 3s -s \(script) \(host)").run(capturing: true).output
            let line = output.split(separator: "\n").first { $0.hasPrefix("Requests/sec:") }
            peer.append(line.flatMap { Double($0.split(separator: " ").last ?? "") } ?? 0)
        }
        table.ratio(
            "single gets with a warm index from S3, 32 in flight", ours: Paired.median(ours), peer: Paired.median(peer),
            unit: "gets/s", target: .atLeast(0.8, "x"),
            command: "wrk -t 2 -c 32 -d 3s, presigned URL of the object with the Range of each entry")

        // A batch against boto3.
        let python = Toolbox.pythonEnvironment + "/bin/python"
        let ranges = entries.map { "\($0.location.body.lowerBound)-\($0.location.body.upperBound - 1)" }
        try Page(text: ranges.joined(separator: "\n")).write(to: "\(directory)/ranges")
        try Page(text: StorageSuite.botoScript).write(to: "\(directory)/boto.py")
        var (batch, boto): ([Double], [Double]) = ([], [])
        for _ in 0..<5 {
            let start = ContinuousClock.now
            let cold = try await ContainerReader(ObjectByteSource(store, key: "hundred.des"))
            guard try await cold.bodies(of: names, receive: { _, _ in }).isEmpty else {
                throw Command.Failure(line: "names are missing")
            }
            batch.append((ContinuousClock.now - start) / .seconds(1))
            let output = try Command([python, "\(directory)/boto.py", bucket, "hundred.des", "\(directory)/ranges"])
                .run(capturing: true).output
            boto.append(Double(output.split(separator: "\n").first ?? "") ?? 0)
        }
        table.ratio(
            "1,000 random names of one container of 100,000, cold, as a batch from S3",
            ours: 1_000 / Paired.median(batch),
            peer: 1_000 / Paired.median(boto), unit: "names/s",
            target: .atLeast(5, "x", limit: StorageSuite.batchLimit),
            command: "boto3: 1,000 get_object(Range=…) on 32 threads")
        try await store.delete("hundred.des")
    }

    private static func rate(_ reader: ContainerReader, _ names: [EntryName]) async throws -> Double {
        let entries = try await reader.find(names).compactMap { $0 }
        let start = ContinuousClock.now
        let end = start + .seconds(3)
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<32 {
                group.addTask {
                    var (count, place) = (0, task * 31)
                    while ContinuousClock.now < end {
                        _ = try await reader.body(of: entries[place % entries.count])
                        (count, place) = (count + 1, place + 1)
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(total) / ((ContinuousClock.now - start) / .seconds(1))
    }

    private static func wrkScript(_ url: String, _ entries: [Entry]) -> String {
        let path = url.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }
        let ranges = entries.map { "\"bytes=\($0.location.body.lowerBound)-\($0.location.body.upperBound - 1)\"" }
        return """
            local ranges = {\(ranges.joined(separator: ","))}
            local next = 0
            request = function()
              next = next % #ranges + 1
              return wrk.format("GET", "\(path)", {["Range"] = ranges[next]})
            end

            """
    }

    private static let botoScript = """
        import sys, os, time, boto3
        from botocore.config import Config
        from concurrent.futures import ThreadPoolExecutor
        bucket, key, path = sys.argv[1:]
        ranges = open(path).read().split()
        client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1",
                              config=Config(max_pool_connections=32))
        get = lambda r: len(client.get_object(Bucket=bucket, Key=key, Range="bytes=" + r)["Body"].read())
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(get, ranges[:64]))
            start = time.perf_counter()
            list(pool.map(get, ranges))
            print(time.perf_counter() - start)

        """

    // MARK: Against rclone

    private func packing(_ bucket: String, _ ceph: CephServer, _ table: inout Table) throws {
        let tree = "\(directory)/five-thousand"
        _ = try Dataset.logNormalTree(at: tree, fileCount: 5_000, medianByteCount: 4_096)
        let rclone = try rclone(ceph)
        var run = 0
        let runs = try Paired.run(
            count: 5, prepare: { run += 1 },
            ours: {
                try Command("\(des) pack \(tree) -o s3://\(bucket)/packed-\(run).des --force --quiet").run().seconds
            },
            peer: { try Command("\(rclone) copy --transfers 64 \(tree) ceph:\(bucket)/files-\(run)").run().seconds })
        table.ratio(
            "pack 5,000 small files into S3", ours: 5_000 / runs.ours, peer: 5_000 / runs.peer, unit: "files/s",
            target: .atLeast(10, "x"), command: "rclone copy --transfers 64 tree ceph:bucket/files")
    }

    private func largeObject(_ table: inout Table) async throws {
        let (file, container, copy) = ("\(directory)/gib", "\(directory)/gib.des", "\(directory)/copy")
        try Command("head -c 1073741824 /dev/urandom > \(file)").run()
        try Command("\(des) pack \(file) -o \(container) --quiet && rm \(file)").run()
        var peak = 0
        var seconds: [String: (ours: [Double], peer: [Double])] = [:]
        var commands: [String: String] = [:]
        for _ in 0..<5 {
            // A server each time: what is overwritten or deleted stays in its memory for hours.
            let ceph = try await CephServer()
            defer { ceph.stop() }
            let bucket = try await ceph.newBucket()
            setenv("AWS_ENDPOINT_URL", ceph.endpoint, 1)
            let rclone = try rclone(ceph)
            for (what, ours, peer) in [
                (
                    "up", "\(des) pack \(container) -o s3://\(bucket)/gib.des --force --quiet",
                    "\(rclone) copyto \(container) ceph:\(bucket)/gib-rclone"
                ),
                (
                    "down", "\(des) cp s3://\(bucket)/gib.des \(copy).des --force --quiet",
                    "\(rclone) copyto ceph:\(bucket)/gib-rclone \(copy)"
                ),
            ] {
                let usage = try Command("exec \(ours)").measured()
                peak = max(peak, usage.peakByteCount)
                seconds[what, default: ([], [])].ours.append(usage.seconds)
                seconds[what, default: ([], [])].peer.append(try Command(peer).run().seconds)
                commands[what] = peer.replacing(directory, with: "")
            }
            try Command("rm -f \(copy) \(copy).des").run()
        }
        for what in ["up", "down"] {
            guard let runs = seconds[what] else { continue }
            table.ratio(
                "one object of 1 GiB \(what)", ours: 1_024 / Paired.median(runs.ours),
                peer: 1_024 / Paired.median(runs.peer), unit: "MiB/s", target: .atLeast(1, "x"),
                command: commands[what] ?? "")
        }
        table.value(
            "peak memory of that (whole process)", Double(peak) / 1_000_000, unit: "MB", target: .under(128, " MB"))
        try Command("rm -f \(container) \(copy) \(copy).des").run()
    }

    /// The command line of rclone with a remote named `ceph`.
    private func rclone(_ ceph: CephServer) throws -> String {
        let path = "\(directory)/rclone.conf"
        try Page(
            text: """
                [ceph]
                type = s3
                provider = Ceph
                endpoint = \(ceph.endpoint)
                access_key_id = \(ceph.accessKey)
                secret_access_key = \(ceph.secretKey)

                """
        ).write(to: path)
        return "\(try Toolbox.path(of: "rclone")) --config \(path)"
    }
}

/// Containers that the measurements read.
enum Containers {
    static func name(_ number: Int) throws -> EntryName { try EntryName("2026/01/31/object-\(number).bin") }

    /// Log-normal bodies of mean 1.6 KiB, in the order of their keys.
    static func clustered(at path: String, entryCount: Int) throws {
        note("writing \(path)")
        var random = SeededGenerator(seed: 8)
        let bytes = (0..<1 << 20).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        var names: [(key: EntryKey, name: EntryName)] = []
        for number in 0..<entryCount {
            let name = try name(number)
            names.append((name.key, name))
        }
        names.sort { ($0.key, $0.name) < ($1.key, $1.name) }
        var writer = try ContainerWriter(to: SpoolFile(path: path, replacing: true))
        for start in stride(from: 0, to: entryCount, by: 1_000) {
            var batch = EntryBatch()
            for (_, name) in names[start..<min(start + 1_000, entryCount)] {
                let size = min(max(1, Int(1_024 * exp(0.976 * random.normal()))), 100 << 10)
                let place = Int.random(in: 0..<bytes.count - size, using: &random)
                try batch.append(name, body: bytes.span.bytes.extracting(place..<place + size))
            }
            try writer.append(batch)
        }
        guard try writer.seal().isClustered else { throw Command.Failure(line: "\(path) is not clustered") }
    }

    /// The same container as version 1 has it: without TAIL, with zeros in the reserved bytes of the FOOTER.
    static func withoutTail(_ path: String, to plain: String) throws {
        let layout = try MappedContainer(path: path).layout
        let script = """
            import sys
            data = open(sys.argv[1], "rb")
            data.seek(-72, 2)
            footer = bytearray(data.read())
            footer[9:16] = bytes(7)
            data.seek(0)
            rest = int(sys.argv[3])
            with open(sys.argv[2], "wb") as out:
                while rest:
                    piece = data.read(min(rest, 1 << 24))
                    out.write(piece)
                    rest -= len(piece)
                out.write(footer)
            """
        try Command(["python3", "-c", script, path, plain, "\(layout.index.upperBound)"]).run()
    }
}
