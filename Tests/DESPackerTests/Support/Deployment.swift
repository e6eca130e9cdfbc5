@testable import DESCatalog
import DESCore
import DESRuntime
import DESStore
import Synchronization
import TestServers
import Testing

/// A catalog, sources and a store, the processes that work on them, and what has come of it.
final class Deployment: Sendable {
    /// Where everything is.
    enum Kind: String, Sendable, CaseIterable, CustomTestStringConvertible {
        /// PostgreSQL and Ceph: sources and containers are in buckets.
        case cluster
        /// SQLite and directories.
        case machine

        var testDescription: String { rawValue }
    }

    /// Servers of a test's own, and proxies before them.
    struct Servers: Sendable {
        var postgres: PostgresServer?
        var ceph: CephServer?
        /// Of a proxy of the catalog.
        var databasePort: UInt16?
        /// Of a proxy of the store.
        var endpoint: String?
    }

    /// Of the catalog, as the processes reach it.
    let url: String
    /// The same, past any proxy.
    private let address: String
    /// Where containers go, as `--store`.
    let place: String
    /// The same, straight.
    let store: any ObjectStore
    /// Where sources are.
    let sources: any ObjectStore
    /// Before a key, where a source is.
    let sourcePrefix: String
    let environment: [String: String]
    let catalog: any SQLCatalog
    /// What was put into the sources, by row.
    private let bodies = Mutex<[String: [UInt8]]>([:])

    static let keyPrefix = "archive"

    init(_ kind: Kind, shardBits: Int = 2, _ servers: Servers = Servers()) async throws {
        switch kind {
        case .cluster:
            let postgres = if let own = servers.postgres { own } else { try await PostgresServer.shared }
            let ceph = if let own = servers.ceph { own } else { try await CephServer.shared }
            let database = try await postgres.createDatabase()
            address = postgres.url(database: database)
            url = postgres.url(database: database, port: servers.databasePort) + "?sslmode=disable&gssencmode=disable"
            let (from, to) = (try await ceph.newBucket(), try await ceph.newBucket())
            let direct = [
                "AWS_ACCESS_KEY_ID": ceph.accessKey, "AWS_SECRET_ACCESS_KEY": ceph.secretKey,
                "AWS_ENDPOINT_URL": ceph.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
            ]
            environment = direct.merging(servers.endpoint.map { ["AWS_ENDPOINT_URL": $0] } ?? [:]) { $1 }
            sources = RetryingStore(try await S3Store.connect(bucket: from, environment: Environment(direct)))
            store = RetryingStore(try await S3Store.connect(bucket: to, environment: Environment(direct)))
            (place, sourcePrefix) = ("s3://\(to)", "s3://\(from)/")
        case .machine:
            url = "sqlite:\(try TemporaryRoot.shared.directory())/catalog.db"
            address = url
            let (from, to) = (try TemporaryRoot.shared.directory(), try TemporaryRoot.shared.directory())
            (sources, store) = (DirectoryStore(path: from), DirectoryStore(path: to))
            (place, sourcePrefix, environment) = (to, from + "/", [:])
        }
        let configuration = try Configuration(
            CatalogConfiguration.settings + Settings.layout,
            flags: [Settings.catalogURL.key: (flag: "--database", text: address)])
        let opened = try CatalogConfiguration(configuration).open(applicationName: "test")
        catalog = try #require(opened as? any SQLCatalog)
        let layout = DeploymentLayout(
            shardBits: try ShardBits(shardBits), namePrefix: .standard, keyPrefix: Deployment.keyPrefix)
        _ = try await catalog.migrate(layout, accepting: { _ in })
    }

    /// Runs a statement that both databases take.
    @discardableResult
    func query(_ sql: String) async throws -> [[String?]] {
        try await catalog.pool.run { session in
            let rows = try session.run(sql)
            return (0..<rows.count).map { row in (0..<rows.columnCount).map { rows.text(row, $0) } }
        }
    }

    /// The only value of a statement.
    func value(_ sql: String) async throws -> String? { try await query(sql).first?.first ?? nil }

    // MARK: Sources and rows

    /// A body that can be told from any other.
    static func body(_ number: Int, byteCount: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(number))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount + 8)
        while bytes.count < byteCount {
            withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(byteCount))
    }

    /// Bytes of so many small files.
    static func sizes(_ count: Int) -> [Int] { (0..<count).map { $0 % 50 == 0 ? 0 : 40 + $0 * 37 % 5_000 } }

    /// Puts files into the sources and queues them.
    /// - Parameter row: changes what is said of one.
    func enqueue(
        _ byteCounts: [Int], prefix: String = "file", row: @Sendable (Int, inout NewFile) -> Void = { _, _ in }
    ) async throws {
        var number = 0
        try await inOrder(width: 16) { () -> Int? in
            defer { number += 1 }
            return number < byteCounts.count ? number : nil
        } produce: { [self] number -> (String, [UInt8]) in
            let key = "\(prefix)-\(number)"
            let body = Deployment.body(number, byteCount: byteCounts[number])
            _ = try await sources.put(key, body, .overwrite)
            return (sourcePrefix + key, body)
        } consume: { source, body in
            bodies.withLock { $0[source] = body }
        }
        var files = byteCounts.enumerated().map { NewFile(source: "\(sourcePrefix)\(prefix)-\($0)", size: $1) }
        for number in files.indices { row(number, &files[number]) }
        _ = try await catalog.enqueue(files, from: "test", ImportProgress(position: "", rowCount: files.count))
    }

    /// A row that is not expected to be packed.
    func forget(_ source: String) { bodies.withLock { $0[source] = nil } }

    /// Gives all rows their names.
    func mark(environment: [String: String] = [:], startedBy program: [String] = []) async throws {
        let command =
            program + [
                Toolbox.built("des-marker"), "--once", "--database", address, "--set", "marker.minimum-age=0s", "--set",
                "marker.batch-size=1000",
            ]
        let marker = try await Daemon(command[0], Array(command.dropFirst()), environment: environment)
        let status = try await marker.ending()
        guard status == 0 else { throw Failure("des-marker: \(status): \(marker.output)") }
    }

    // MARK: Packers

    private static let quick = [
        "packer.interval=100ms", "packer.age=0s", "packer.idle=0s", "packer.lease=2s", "packer.retry-base=1",
        "service.drain-delay=0s",
    ]

    /// A packer that listens.
    func packer(_ settings: String...) async throws -> ServiceProcess { try await packer(settings) }

    /// The same, in an environment of its own.
    func packer(
        _ settings: [String], environment: [String: String] = [:], startedBy program: [String] = []
    ) async throws -> ServiceProcess {
        try await ServiceProcess(
            "des-packer", ["--database", url, "--store", place], settings: Deployment.quick + settings,
            environment: self.environment.merging(environment) { $1 }, startedBy: program)
    }

    /// A packer that packs what there is, and ends.
    func packOnce(_ settings: String...) async throws -> (status: Int32, output: String) {
        let daemon = try await Daemon(
            Toolbox.built("des-packer"),
            ["--once", "--database", url, "--store", place]
                + (Deployment.quick + settings).flatMap { ["--set", $0] }, environment: environment)
        return (try await daemon.ending(), daemon.output)
    }

    /// Waits until a query has this answer.
    /// - Throws: after two minutes.
    func wait(for sql: String, _ answer: String, _ again: () async throws -> Void = {}) async throws {
        let end = ContinuousClock.now + .seconds(120)
        try await again()
        while case let found = try? await value(sql), found != answer {
            guard ContinuousClock.now < end else {
                let rows = try await query(
                    "SELECT source, status, attempts, last_error FROM des_queue ORDER BY id LIMIT 5")
                throw Failure("\(sql): \(found ?? "no answer"), not \(answer); \(rows)")
            }
            try await Task.sleep(for: .milliseconds(20))
            try await again()
        }
    }

    /// Waits until nothing is left in the queue but what has failed.
    /// - Parameter again: what is done before each look.
    func waitUntilPacked(_ again: () async throws -> Void = {}) async throws {
        try await wait(for: "SELECT count(*) FROM des_queue WHERE status <> 'failed'", "0", again)
    }

    // MARK: What is there

    /// Every file that was queued is in exactly one container that is committed, and can be read there; nothing else is.
    /// - Parameter isManifested: every container has its manifest by now.
    func expectAllPacked(withManifests isManifested: Bool = true) async throws {
        let expected = bodies.withLock { $0 }
        let rows = try await query(
            """
            SELECT f.source, f.name, c.key, f.data_offset, f.byte_count, f.crc, f.flags, c.state
            FROM des_files AS f JOIN des_containers AS c ON c.id = f.container_id
            """)
        #expect(rows.count == expected.count)
        #expect(Set(rows.map { $0[0] }) == Set(expected.keys))
        #expect(Set(rows.map { $0[1] }).count == rows.count)
        var places = rows[...]
        try await inOrder(width: 16) {
            places.popFirst()
        } produce: { [self] row in
            let key = try #require(row[2])
            guard row[6] == "0" else { return (row, try await outside(row)) }
            let start = row[3].flatMap { Int($0) } ?? 0
            let range = start..<start + (row[4].flatMap { Int($0) } ?? 0)
            return (row, try await store.get(key, .bytes(range), ifMatch: nil).bytes)
        } consume: { row, bytes in
            #expect(bytes == expected[row[0] ?? ""], "\(row)")
            #expect(row[7] == "committed" && row[5] == "\(CRC32C.of(bytes.span.bytes))", "\(row)")
        }
        try await expectContainersSound(withManifests: isManifested)
    }

    private func outside(_ row: [String?]) async throws -> [UInt8] {
        let key = try #require(row[2].flatMap { ContainerKey($0) })
        let name = try EntryName(row[1] ?? "")
        let size = row[4].flatMap { Int($0) } ?? 0
        return try await store.get(key.bodyKey(of: name), .bytes(0..<max(1, size)), ifMatch: nil).bytes
    }

    /// Every committed container is sound, has the day and shard of its names, and a manifest that says what is in it.
    private func expectContainersSound(withManifests isManifested: Bool) async throws {
        let layout = try await catalog.layout()
        for row in try await query("SELECT id, key, entry_count FROM des_containers WHERE state = 'committed'") {
            let key = try #require(row[1])
            let place = try #require(ContainerKey(key))
            #expect(key.hasPrefix(Deployment.keyPrefix + "/") && place.id?.description == row[0])
            let reader = try await ContainerReader(ObjectByteSource(store, key: key))
            let index = try await reader.index()
            #expect("\(index.count)" == row[2])
            var lines: [String] = []
            for entry in index {
                let name = try DESName(entry.name.string)
                #expect(name.day == place.day && name.shard(bits: layout.shardBits) == place.shard)
                lines.append(entry.name.string)
            }
            guard isManifested else { continue }
            let manifestKey = try #require(place.manifestKey(.jsonLines))
            let manifest = try await store.get(manifestKey, .bytes(0..<1 << 24), ifMatch: nil)
            let found = try String(decoding: manifest.bytes, as: UTF8.self).split(separator: "\n")
                .map { try JSON(parsing: String($0))["name"]?.stringValue }
            #expect(found == lines)
        }
    }

    /// Why a test cannot go on.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }
}
