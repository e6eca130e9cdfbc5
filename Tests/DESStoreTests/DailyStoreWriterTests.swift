import DESStore
import TestServers
import Testing

@testable import DESCore

@Suite("A daily store without a service")
struct DailyStoreWriterTests {
    private let directory: TemporaryDirectory
    private let today: CalendarDay

    init() throws {
        directory = try TemporaryDirectory()
        today = try #require(CalendarDay(milliseconds: NameClock.system.wall()))
    }

    private func generator(_ clock: NameClock = .system) -> NameGenerator {
        NameGenerator(
            leases: NodeLeaseDirectory(path: directory.path + "/nodes", nodes: 0...3, clock: clock), clock: clock)
    }

    private func options(bits: Int = 2, entries: Int = 1_000_000) throws -> DailyStoreWriter.Options {
        var options = DailyStoreWriter.Options()
        options.shardBits = try ShardBits(bits)
        options.limits.entryCountMax = entries
        return options
    }

    /// Writes all of `bodies`; the key and the name of each.
    private func write(
        _ bodies: [[UInt8]], with daily: DailyStoreWriter, _ names: NameGenerator
    ) async throws -> [Int: (key: String, name: DESName)] {
        var places: [Int: (key: String, name: DESName)] = [:]
        for container in try await daily.plan(bodies.map(\.count), names: names).containers {
            let answer = try await daily.write(container) { writer, file in
                let body = bodies[file.number]
                try writer.append(file.name.entryName, body: body.span.bytes)
            }
            let written = try #require(answer)
            #expect(written.key.day == daily.day && written.key.shard == container.shard)
            #expect(written.summary.isClustered && written.summary.entryCount == container.files.count)
            for stored in written.files { places[stored.file.number] = (written.key.text, stored.file.name) }
        }
        return places
    }

    /// The content under a name of which nothing else is known, as ``ShardLocator`` says to look for it.
    private func find(
        _ name: DESName, in store: any ObjectStore, bits: ShardBits, keyPrefix: String = ""
    ) async throws -> [UInt8]? {
        let locator = ShardLocator(of: name, bits: bits, keyPrefix: keyPrefix)
        for key in locator.candidates(among: try await store.keys(locator.prefix).keys) {
            let reader = try await ContainerReader(ObjectByteSource(store, key: key.text))
            if let found = try await reader.read(name.entryName) { return found.content }
        }
        return nil
    }

    @Test(
        "every file is found by its name alone, and where it is said to be",
        arguments: [StoreFixture.memory, .directory, .retryingFaultyMemory, .ceph], ["", "archive/of it"])
    func found(fixture: StoreFixture, keyPrefix: String) async throws {
        // The last one makes its container an upload of several parts.
        let bodies = (0..<60).map { randomBytes($0 * 13, seed: UInt64($0)) } + [randomBytes(9 << 20, seed: 1)]
        try await fixture.withStore { store in
            let daily = DailyStoreWriter(store, keyPrefix: keyPrefix, day: today, options: try options(entries: 9))
            let places = try await write(bodies, with: daily, generator())
            #expect(places.count == bodies.count && Set(places.values.map(\.name)).count == bodies.count)
            let keys = try await store.keys()
            #expect(Set(keys.keys) == Set(places.values.map(\.key)))
            for (number, body) in bodies.enumerated() {
                let name = try #require(places[number]).name
                #expect(name.day == today)
                let content = try await find(name, in: store, bits: ShardBits(2), keyPrefix: keyPrefix)
                #expect(content.map { areSame($0, body) } == true, "\(number)")
            }
            let foreign = try await find(
                DESName("DES_20250101_(21BCAA000100_88)"), in: store, bits: ShardBits(2), keyPrefix: keyPrefix)
            #expect(foreign == nil)
        }
    }

    @Test("the container says who it is, when it was made and of how many shards; offsets are those of the bytes")
    func container() async throws {
        let store = MemoryStore()
        let daily = DailyStoreWriter(store, day: today, options: try options(bits: 3))
        let plan = try await daily.plan([5], names: generator())
        let container = try #require(plan.containers.first)
        let before = NameClock.system.wall()
        let answer = try await daily.write(container) { writer, file in
            try writer.append(file.name.entryName, body: "hello".utf8.span.bytes)
        }
        let written = try #require(answer)
        let reader = try await ContainerReader(ObjectByteSource(store, key: written.key.text))
        #expect(reader.layout.id == written.key.id && written.key.id?.milliseconds.map { $0 >= before } == true)
        #expect(Int(reader.layout.createdAt) >= before && reader.layout.trailer?.shardBits == 3)
        let body = try #require(written.files.first).body
        #expect(try await store.get(written.key.text, .bytes(body), ifMatch: nil).bytes == Array("hello".utf8))
        #expect(written.files.map(\.file) == [container.files.first])
    }

    @Test("two runs of the same files give other names and containers; what the first has made is untouched")
    func twice() async throws {
        let store = MemoryStore()
        let bodies = (0..<50).map { [UInt8](repeating: UInt8($0), count: 3) }
        let daily = DailyStoreWriter(store, day: today, options: try options())
        let names = generator()
        let first = try await write(bodies, with: daily, names)
        var versions: [String: ETag] = [:]
        for key in try await store.keys().keys { versions[key] = try await store.head(key).etag }
        let second = try await write(bodies, with: daily, names)
        #expect(first.count == 50 && second.count == 50)
        #expect(Set(first.values.map(\.name)).isDisjoint(with: second.values.map(\.name)))
        #expect(Set(first.values.map(\.key)).isDisjoint(with: second.values.map(\.key)))
        for (key, version) in versions { #expect(try await store.head(key).etag == version) }
        for (number, place) in first.merging(second.map { ($0 + 100, $1) }, uniquingKeysWith: { $1 }) {
            #expect(try await find(place.name, in: store, bits: ShardBits(2)) == bodies[number % 100])
        }
    }

    @Test("files that are left out are in no answer, and without any there is no container")
    func leftOut() async throws {
        let store = MemoryStore()
        let daily = DailyStoreWriter(store, day: today, options: try options(bits: 1))
        let plan = try await daily.plan([Int](repeating: 1, count: 40), names: generator())
        for container in plan.containers {
            let answer = try await daily.write(container) { writer, file in
                if file.number % 2 == 0 { try writer.append(file.name.entryName, body: "x".utf8.span.bytes) }
            }
            let written = try #require(answer)
            #expect(written.files.map(\.file) == container.files.filter { $0.number % 2 == 0 })
        }
        let count = try await store.keys().keys.count
        let nothing = try await daily.write(try #require(plan.containers.first)) { _, _ in }
        #expect(nothing == nil)
        #expect(try await store.keys().keys.count == count)
    }

    @Test("if appending fails, or the store, that is thrown and there is no container")
    func failed() async throws {
        let inner = MemoryStore()
        let broken = FaultyStore(inner, [.put: [.before(DESError(.denied, "not allowed"))]])
        for (store, code) in [(broken, DESError.Code.denied), (inner, .corrupt)] as [(any ObjectStore, DESError.Code)] {
            let daily = DailyStoreWriter(store, day: today, options: try options(bits: 1))
            let container = try #require(try await daily.plan([20 << 20], names: generator()).containers.first)
            let found = await errorCode {
                _ = try await daily.write(container) { writer, file in
                    try writer.append(file.name.entryName, body: "some".utf8.span.bytes)
                    if code == .corrupt { throw DESError(.corrupt, "cannot be read") }
                }
            }
            #expect(found == code)
            #expect(try await inner.keys().keys.isEmpty)
        }
    }

    @Test("a day that is too far away gets no name, and nothing is written", arguments: [-25, 25])
    func farDay(distance: Int) async throws {
        let noon = today.milliseconds.lowerBound + 43_200_000
        let clock = NameClock(wall: { noon }, steady: { 0 })
        let far = try #require(CalendarDay(number: today.number + distance))
        let daily = DailyStoreWriter(MemoryStore(), day: far)
        #expect(await errorCode { _ = try await daily.plan([1], names: generator(clock)) } == .invalidArgument)
        let near = try #require(CalendarDay(number: today.number + distance - distance.signum()))
        let plan = try await DailyStoreWriter(MemoryStore(), day: near).plan([1], names: generator(clock))
        #expect(plan.containers.first?.files.first?.name.day == near)
    }

    @Test("files are found whose names are ahead of the clock, as it was set back by hours")
    func clockSetBack() async throws {
        let noon = today.milliseconds.lowerBound + 43_200_000
        let store = MemoryStore()
        // A reservation before the clock is set back leaves a ceiling that names begin at.
        let early = NameClock(wall: { noon }, steady: { 0 })
        let before = generator(early)
        _ = try await before.reserve(1)
        try await before.stop()
        let late = NameClock(wall: { noon - 3 * 3_600_000 }, steady: { 0 })
        let daily = DailyStoreWriter(store, day: today, options: try options(bits: 1), clock: late)
        let names = NameGenerator(
            leases: NodeLeaseDirectory(path: directory.path + "/nodes", nodes: 0...0, clock: late), clock: late)
        let places = try await write([[1, 2, 3]], with: daily, names)
        let name = try #require(places[0]).name
        #expect(name.milliseconds > noon)
        #expect(try await find(name, in: store, bits: ShardBits(1)) == [1, 2, 3])
    }
}
