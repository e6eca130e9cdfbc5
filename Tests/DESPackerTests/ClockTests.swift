import DESCatalog
import DESCore
import TestServers
import Testing

/// Packers whose clocks are behind those that made the names.
@Suite struct ClockTests {
    /// Readers who have no catalog pass over containers that were begun before a name was made.
    @Test("what was named before the clock was set back is found by its name alone")
    func setBack() async throws {
        let deployment = try await Deployment(.machine, shardBits: 1)
        try await deployment.enqueue(Deployment.sizes(12))
        let clock = try await WrongClock(seconds: 1_200)
        try await deployment.mark(environment: try clock.environment(), startedBy: clock.program)
        let result = try await deployment.packOnce()
        #expect(result.status == 0, "\(result.output)")
        try await deployment.expectAllPacked()
        let bits = try await deployment.catalog.layout().shardBits
        for row in try await deployment.query(
            "SELECT f.name, c.key FROM des_files AS f JOIN des_containers AS c ON c.id = f.container_id")
        {
            let name = try DESName(row[0] ?? "")
            let locator = ShardLocator(of: name, bits: bits, keyPrefix: Deployment.keyPrefix)
            #expect(!locator.candidates(among: [row[1] ?? ""]).isEmpty, "\(name): \(row[1] ?? "")")
        }
    }
}
