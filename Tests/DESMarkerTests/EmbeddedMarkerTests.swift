import DESCatalog
import DESCore
import DESRuntime
import Glibc
import TestServers
import Testing

/// A marker on a SQLite database: one machine, no server.
@Suite("Markers on SQLite") struct EmbeddedMarkerTests {
    private func catalog(at path: String, _ count: Int) async throws -> any Catalog {
        let configuration = try Configuration(
            CatalogConfiguration.settings + Settings.layout,
            flags: [Settings.catalogURL.key: (flag: "--database", text: "sqlite:\(path)")])
        let catalog = try CatalogConfiguration(configuration).open(applicationName: "test")
        _ = try await catalog.migrate(
            DeploymentLayout(shardBits: .standard, namePrefix: .standard, keyPrefix: ""), accepting: { _ in })
        let files = (1...count).map { NewFile(source: "file-\($0)") }
        _ = try await catalog.enqueue(files, from: "test", ImportProgress(position: "", rowCount: count))
        return catalog
    }

    /// Other processes are not heard, so the interval decides; a second service is refused, a command is not.
    @Test("killed again and again it marks each row once; a second one is refused")
    func killed() async throws {
        let path = "\(try TemporaryRoot.shared.directory())/catalog.db"
        let catalog = try await catalog(at: path, 20_000)
        let settings = ["marker.batch-size=200", "marker.rate-limit=3000"]
        var order = MarkOrder()
        order.minimumAge = .zero
        var left = 20_000
        var killedCount = 0
        var marker = try await Marker(database: "sqlite:\(path)", settings: settings)
        let second = try await Daemon(
            Toolbox.built("des-marker"), ["--database", "sqlite:\(path)", "--listen", "127.0.0.1:0"])
        #expect(try await second.ending() == 78)
        #expect(second.output.contains("another service has this database"))
        let end = ContinuousClock.now + .seconds(120)
        while left > 0 {
            let now = try await catalog.backlog(order).count
            guard ContinuousClock.now < end else { throw TestFailure("\(now) rows are left: \(marker.daemon.output)") }
            guard now < left - 3_000 || now == 0 else {
                try await Task.sleep(for: .milliseconds(10))
                continue
            }
            left = now
            marker.daemon.kill()
            killedCount += 1
            if left > 0 { marker = try await Marker(database: "sqlite:\(path)", settings: settings) }
        }
        #expect(killedCount > 0)
        let status = try await catalog.status()
        #expect(status.counts.reduce(0) { $0 + ($1.status == "marked" ? $1.count : 0) } == 20_000)
        var names: Set<String> = []
        for number in stride(from: 1, through: 20_000, by: 1) {
            let name = try #require(try await catalog.find("file-\(number)").first?.name)
            names.insert(name)
        }
        #expect(names.count == 20_000)
    }

    @Test("once: it marks what is there and ends with status 0; with no server it ends with 12")
    func once() async throws {
        let path = "\(try TemporaryRoot.shared.directory())/catalog.db"
        let catalog = try await catalog(at: path, 1_234)
        let arguments = ["--once", "--set", "marker.minimum-age=0s", "--database"]
        let daemon = try await Daemon(Toolbox.built("des-marker"), arguments + ["sqlite:\(path)"])
        #expect(try await daemon.ending() == 0)
        #expect(try await catalog.status().counts.map(\.count) == [1_234])
        let nowhere = try await Daemon(
            Toolbox.built("des-marker"), arguments + ["postgresql://127.0.0.1:\(try Loopback.freePort())/des"])
        #expect(try await nowhere.ending() == 12)
    }
}
