import DESCore
import DESStore
import Glibc
import Synchronization
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// Sources that go, and those that stay.
@Suite struct PurgeTests {
    /// What was logged, by source.
    private final class Log: SourcePurge.Log {
        let outcomes = Mutex<[String: SourcePurge.Outcome]>([:])
        let announced = Mutex<Set<String>>([])
        /// Whether the log can be written.
        let isBroken: Bool

        init(isBroken: Bool = false) { self.isBroken = isBroken }

        struct Broken: Error {}

        func delete(_ file: PackedFile) throws {
            if isBroken { throw Broken() }
            announced.withLock { _ = $0.insert(file.source) }
        }

        func add(_ file: PackedFile, _ outcome: SourcePurge.Outcome) throws {
            if outcome == .deleted { #expect(announced.withLock { $0.contains(file.source) }) }
            outcomes.withLock { $0[file.source] = outcome }
        }

        subscript(source: String) -> SourcePurge.Outcome? { outcomes.withLock { $0[source] } }
        var count: Int { outcomes.withLock { $0.count } }
        var status: DESCore.ExitStatus { outcomes.withLock { $0.values.reduce(.done) { $0.worse($1.status) } } }
    }

    private func purge(
        _ site: Site, _ sources: any ObjectStore, deletes: Bool = true, store: (any ObjectStore)? = nil,
        olderThan: Duration = .seconds(30 * 86_400), log: Log = Log()
    ) async throws -> Log {
        var options = SourcePurge.Options(olderThan: olderThan)
        (options.deletes, options.width) = (deletes, 1)
        try await SourcePurge(try await site.deployment(store), options: options) { _ in sources }.run(log)
        return log
    }

    /// Packed files with their sources, packed long ago.
    private func site(_ database: Database, count: Int = 4, outside: Bool = false) async throws -> (
        Site, [String], MemoryStore
    ) {
        let site = try await Site(database)
        let sources = try await site.queue(count)
        let bucket = MemoryStore("sources")
        for source in sources { _ = try await bucket.put(String(source.dropFirst(13)), Site.body(source), .create) }
        try await site.pack(countMax: 3, outside: outside)
        if count > 3 { try await site.pack() }
        try await site.test.run("UPDATE des_files SET packed_at = \(site.test.dialect.now("-", "3456000000"))")
        return (site, sources, bucket)
    }

    private func keys(_ store: MemoryStore) async throws -> [String] {
        try await store.list("", isFlat: true, after: nil).objects.map(\.key)
    }

    @Test("sources that are what was packed go, once somebody says so", arguments: Database.allCases)
    func deletes(database: Database) async throws {
        let (site, sources, bucket) = try await site(database, outside: true)
        let dry = try await purge(site, bucket, deletes: false)
        #expect(sources.allSatisfy { dry[$0] == .deleted } && dry.status == .done)
        #expect(try await keys(bucket).count == 4)
        let young = try await purge(site, bucket, olderThan: .seconds(50 * 86_400))
        #expect(young.count == 0)
        #expect(try await keys(bucket).count == 4)
        let log = try await purge(site, bucket)
        #expect(sources.allSatisfy { log[$0] == .deleted } && log.status == .done)
        #expect(try await keys(bucket).isEmpty)
        let again = try await purge(site, bucket)
        #expect(sources.allSatisfy { again[$0] == .gone } && again.status == .done)
        #expect(try await site.plan(readsData: true).status == .done)
    }

    @Test("what cannot be logged is not deleted")
    func brokenLog() async throws {
        let (site, _, bucket) = try await site(.sqlite)
        await #expect(throws: Log.Broken.self) { _ = try await purge(site, bucket, log: Log(isBroken: true)) }
        #expect(try await keys(bucket).count == 4)
    }

    @Test("a source that was changed after it was packed stays", arguments: Database.allCases)
    func changed(database: Database) async throws {
        let (site, sources, bucket) = try await site(database)
        func key(_ number: Int) -> String { String(sources[number].dropFirst(13)) }
        var body = Site.body(sources[0])
        body[0] ^= 1
        _ = try await bucket.put(key(0), body, .overwrite)
        _ = try await bucket.put(key(1), Site.body(sources[1]) + [0], .overwrite)
        _ = try await bucket.put(key(2), [], .overwrite)
        let log = try await purge(site, bucket)
        for number in 0..<3 {
            guard case .kept = log[sources[number]] else { Issue.record("\(number)"); continue }
        }
        #expect(log[sources[3]] == .deleted && log.status == .partial)
        #expect(try await keys(bucket) == (0..<3).map { key($0) }.sorted())
    }

    @Test("a source that is replaced between the comparison and the deletion stays", arguments: Database.allCases)
    func replaced(database: Database) async throws {
        let (site, sources, bucket) = try await site(database, count: 1)
        let isCompared = Atomic(false)
        let log = try await purge(
            site,
            HookedStore(name: bucket.name) { operation, key in
                if operation == .head, isCompared.exchange(true, ordering: .relaxed) {
                    _ = try await bucket.put(key, Site.body(sources[0]), .overwrite)
                }
                return bucket
            })
        guard case .kept = log[sources[0]] else { Issue.record("it was deleted"); return }
        #expect(try await keys(bucket).count == 1)
    }

    @Test("a source of which the packed copy is damaged, gone or elsewhere stays", arguments: Database.allCases)
    func damaged(database: Database) async throws {
        let (site, _, bucket) = try await site(database, count: 3)
        let key = try #require(try await site.test.value("SELECT key FROM des_containers"))
        let bytes = try await site.store.get(key, .bytes(0..<Int.max), ifMatch: nil).bytes
        let text = try await site.test.value("SELECT max(data_offset) FROM des_files") ?? ""
        let last = try #require(Int(text))
        try await site.spoil(key, at: last)
        var log = try await purge(site, bucket)
        #expect(log.status == .corrupt)
        #expect(try await keys(bucket).count == 1)
        try await site.store.delete(key)
        log = try await purge(site, bucket)
        #expect(log.status == .corrupt)
        _ = try await site.store.put(key, bytes, .create)
        try await site.test.run("UPDATE des_files SET data_offset = data_offset + 1")
        log = try await purge(site, bucket)
        #expect(log.status == .corrupt)
        #expect(try await keys(bucket).count == 1)
        try await site.test.run("UPDATE des_files SET data_offset = data_offset - 1")
        log = try await purge(site, bucket)
        #expect(log.status == .done)
        #expect(try await keys(bucket).isEmpty)
    }

    @Test(
        "whatever request fails, at the store or at the source: what was not compared stays",
        arguments: Database.allCases)
    func faults(database: Database) async throws {
        let (site, sources, bucket) = try await site(database, count: 1)
        let (atStore, atSource) = (StepwiseStore(site.store), StepwiseStore(bucket))
        _ = try await purge(site, atSource, deletes: false, store: atStore)
        for error in FaultTests.errors {
            for place in 0..<atStore.count {
                do {
                    let log = try await purge(site, bucket, store: StepwiseStore(site.store, .error(error), at: place))
                    #expect(log.status == .unavailable, "request \(place)")
                } catch let error as DESError {
                    #expect(DESCore.ExitStatus(error) == .unavailable)
                }
                #expect(try await keys(bucket).count == 1, "request \(place)")
            }
            // Looking once more and deleting come after those that a dry run has.
            for place in 0..<atSource.count + 2 {
                let log = try await purge(site, StepwiseStore(bucket, .error(error), at: place))
                #expect(log.status == .unavailable, "request \(place) of the source")
                #expect(try await keys(bucket).count == 1, "request \(place) of the source")
            }
        }
        #expect(try await purge(site, bucket)[sources[0]] == .deleted)
    }

    @Test(
        "what is behind a URL, still queued, or an object of the deployment itself stays", arguments: Database.allCases)
    func notOurs(database: Database) async throws {
        let (site, sources, bucket) = try await site(database)
        let web = "https://host/a"
        try await site.test.run("UPDATE des_files SET source = '\(web)' WHERE source = '\(sources[0])'")
        _ = try await site.test.catalog.enqueue(
            [NewFile(source: sources[1], sourceID: "another")], from: "t", ImportProgress(position: "", rowCount: 1))
        let relative = "some/path"
        try await site.test.run("UPDATE des_files SET source = '\(relative)' WHERE source = '\(sources[2])'")
        let log = try await purge(site, bucket)
        guard case .skipped = log[web], case .skipped = log[relative], case .kept = log[sources[1]] else {
            Issue.record("\(log.outcomes.withLock { $0 })")
            return
        }
        #expect(log[sources[3]] == .deleted && log.status == .partial)
        #expect(try await keys(bucket).count == 3)
    }

    @Test("local files go as well, and links and directories stay", arguments: Database.allCases)
    func files(database: Database) async throws {
        let site = try await Site(database)
        let directory = try TemporaryRoot.shared.directory()
        let sources = try await site.queue(5, source: "\(directory)/f")
        for source in sources { try write(Site.body(source), to: source) }
        try await site.pack()
        // A link to what is the same, a directory, and a file that changes.
        #expect(rename(sources[1], sources[1] + ".real") == 0 && symlink(sources[1] + ".real", sources[1]) == 0)
        #expect(unlink(sources[2]) == 0 && mkdir(sources[2], 0o700) == 0)
        try write(Site.body(sources[3]) + [1], to: sources[3])
        try await site.test.run("UPDATE des_files SET packed_at = \(site.test.dialect.now("-", "3456000000"))")
        let log = try await purge(site, MemoryStore())
        #expect(log[sources[0]] == .deleted && log[sources[4]] == .deleted && log.status == .partial)
        for number in 1...3 {
            guard case .kept = log[sources[number]] else { Issue.record("\(number)"); continue }
        }
        #expect(sources.map { access($0, F_OK) == 0 } == [false, true, true, true, false])
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        #expect(Glibc.write(file, bytes, bytes.count) == bytes.count)
    }

    @Test("objects of the deployment are known by their keys, a directory by its path")
    func owned() async throws {
        let site = try await Site(.sqlite, store: MemoryStore())
        let key = "archive/2026-01-31/shard_00001/01940000-0000-7000-8000-000000000000.des"
        let store = HookedStore(name: "s3://bucket") { _, _ in site.store }
        let deployment = Deployment(
            store: store, catalog: site.test.catalog, layout: site.layout,
            identity: CatalogIdentity(since: "", now: 0))
        for own in [key, "archive/des-layout.json", "archive/manifests/day=x", "archive/2026-01-31/a/_bigFiles/x"] {
            #expect(deployment.owns(SourcePlace("s3://bucket/\(own)", below: nil)), "\(own)")
            #expect(!deployment.owns(SourcePlace("s3://other/\(own)", below: nil)))
        }
        #expect(!deployment.owns(SourcePlace("s3://bucket/photos/a.jpg", below: nil)))
        let local = Deployment(
            store: DirectoryStore(path: "/srv/des"), catalog: site.test.catalog, layout: site.layout,
            identity: CatalogIdentity(since: "", now: 0))
        #expect(local.owns(SourcePlace("/srv/des/x", below: nil)))
        #expect(!local.owns(SourcePlace("/srv/desk", below: nil)))
    }
}
