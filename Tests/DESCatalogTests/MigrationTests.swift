import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// The schema goes forward, once, and never from a text that nobody knows.
@Suite struct MigrationTests {
    @Test(arguments: Database.allCases)
    func itIsDoneOnceAndSaysWhatItDoes(database: Database) async throws {
        let test = try await database.empty()
        await #expect { _ = try await test.catalog.layout() } throws: {
            ($0 as? DatabaseError)?.kind == .setup && "\($0)".contains("run `des migrate`")
        }
        #expect(try await test.catalog.pendingMigrations() == ["1 catalog", "2 packing"])
        #expect(try await test.catalog.pendingMigrations() == ["1 catalog", "2 packing"])  // looking changes nothing
        #expect(
            try await test.catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept) == [
                "1 catalog", "2 packing",
            ])
        #expect(try await test.catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept) == [])
        #expect(try await test.catalog.layout() == TestCatalog.layout)
    }

    @Test func manyProgramsAtOnceDoItOnce() async throws {
        let server = try await PostgresServer.shared
        let url = server.url(database: try await server.createDatabase())
        let done = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await TestCatalog(postgres: url).catalog.migrate(
                        TestCatalog.layout, accepting: TestCatalog.accept)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(done == ["1 catalog", "2 packing"])
    }

    @Test(arguments: Database.allCases)
    func aLaterVersionAndAnotherTextAreRefused(database: Database) async throws {
        let test = try await database.catalog()
        try await test.run("INSERT INTO des_migrations VALUES (3, 'later', '00000000', '')")
        await #expect { _ = try await test.catalog.layout() } throws: {
            ($0 as? DatabaseError)?.kind == .setup && "\($0)".contains("later version")
        }
        await #expect(throws: DatabaseError.self) {
            _ = try await test.catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept)
        }
        try await test.run("DELETE FROM des_migrations WHERE number = 3")
        _ = try await test.catalog.layout()
        try await test.run("UPDATE des_migrations SET checksum = '00000000'")
        await #expect { _ = try await test.catalog.layout() } throws: { "\($0)".contains("another text") }
    }

    @Test(arguments: Database.allCases)
    func aCatalogIsOfOneDeployment(database: Database) async throws {
        let test = try await database.catalog()
        var other = TestCatalog.layout
        other.shardBits = try ShardBits(10)
        #expect(try await test.catalog.migrate(other, accepting: TestCatalog.accept) == [])
        #expect(try await test.catalog.layout() == TestCatalog.layout)
        // What is not accepted is not done.
        let fresh = try await database.empty()
        await #expect { _ = try await fresh.catalog.migrate(other, accepting: TestCatalog.accept) } throws: {
            "\($0)".contains("10 shard bits")
        }
        #expect(try await fresh.catalog.pendingMigrations() == ["1 catalog", "2 packing"])
    }

    /// A step that fails leaves nothing behind.
    @Test(arguments: Database.allCases)
    func allOrNothing(database: Database) async throws {
        let test = try await database.empty()
        let steps = [
            Migration(number: 1, name: "good", sql: "CREATE TABLE good (n integer)"),
            Migration(number: 2, name: "bad", sql: "CREATE TABLE bad (n integer); CREATE TABLE good (n integer)"),
        ]
        await #expect(throws: DatabaseError.self) {
            try await test.catalog.pool.transaction { _ = try Migrator(migrations: steps).migrate($0) }
        }
        await #expect(throws: DatabaseError.self) { try await test.run("SELECT n FROM good") }
        await #expect(throws: DatabaseError.self) { try await test.run("SELECT number FROM des_migrations") }
    }
}
