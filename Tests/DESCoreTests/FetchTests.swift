import Testing

@testable import DESCore

@Suite("Reading in planned reads")
struct FetchTests {
    private let entries = (0..<30).map { TestEntry("n\($0)", [UInt8](repeating: UInt8($0), count: $0 * 100)) }

    @Test("a plan holds every entry once, and a fetched read gives each of its bodies in any order")
    func fetch() async throws {
        let reader = try await ContainerReader(MemoryByteSource(try TestContainer.bytes(of: entries)))
        let found = try await reader.find(entries.map { try EntryName($0.name) }).compactMap { $0 }
        var limits = RangePlan.Limits()
        limits.readByteCountMax = 5_000
        let plan = try reader.plan(found, limits: limits)
        #expect(plan.count > 3)
        var seen: Set<EntryName> = []
        for read in plan {
            let fetched = try await reader.fetch(read)
            for position in read.entries.indices.reversed() {
                let name = read.entries[position].name
                #expect(seen.insert(name).inserted)
                let expected = try #require(entries.first { $0.name == name.string })
                #expect(try fetched.withBody(at: position) { $0.holds(expected.body) })
            }
        }
        #expect(seen.count == entries.count)
    }

    @Test("of a read with a damaged body only that one fails, and the error names the container")
    func damaged() async throws {
        var bytes = try TestContainer.bytes(of: entries)
        let whole = try await ContainerReader(MemoryByteSource(bytes))
        let bad = try #require(try await whole.find(EntryName("n7")))
        bytes[bad.location.body.upperBound - 1] ^= 0x80
        let reader = try await ContainerReader(MemoryByteSource(bytes, name: "damaged.des"))
        let found = try await reader.find(entries.map { try EntryName($0.name) }).compactMap { $0 }
        var failed: [DESError] = []
        for read in try reader.plan(found) {
            let fetched = try await reader.fetch(read)
            for position in read.entries.indices {
                do { try fetched.withBody(at: position) { _ in } } catch let error as DESError { failed.append(error) }
            }
        }
        #expect(failed.count == 1)
        #expect(failed.first?.offset == bad.location.body.lowerBound)
        #expect(failed.first?.place == "damaged.des")
        await #expect(throws: DESError.self) { try await reader.check(bad) }
        await #expect(throws: DESError.self) { try await reader.bodies(of: found) { _, _ in } }
    }

    @Test("an entry whose bytes are not its content cannot be planned")
    func unreadable() async throws {
        var container = PlainContainer()
        container.add("a", body: [1])
        container.add("b", body: [2], flags: 4)
        let reader = try await ContainerReader(MemoryByteSource(container.bytes(), name: "flagged.des"))
        let found = Array(try await reader.index())
        #expect(try reader.plan([found[0]]).count == 1)
        let error = #expect(throws: DESError.self) { try reader.plan(found) }
        #expect((error?.code, error?.place) == (.unsupported, "flagged.des"))
        #expect(errorCode { try found[1].checkReadable() } == .unsupported)
    }
}
