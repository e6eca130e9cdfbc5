import DESCore
import Synchronization
import Testing

@testable import DESStore

/// A clock that stands still until it is set, and results of searches in the order they are asked for.
private final class Script: Sendable {
    private let state: Mutex<(now: Int, looks: Int, results: [Result<Credentials, DESError>], loads: Int)>

    init(_ results: [Result<Credentials, DESError>]) { state = Mutex((1_000_000, 0, results, 0)) }

    var now: Int {
        get { state.withLock { $0.now } }
        set { state.withLock { $0.now = newValue } }
    }
    /// How often the clock was looked at.
    var looks: Int { state.withLock { $0.looks } }
    var loads: Int { state.withLock { $0.loads } }

    func look() -> Timestamp {
        state.withLock {
            $0.looks += 1
            return Timestamp(seconds: $0.now, nanoseconds: 0)
        }
    }

    func load() throws -> Credentials {
        try state.withLock {
            $0.loads += 1
            return $0.results.isEmpty ? .failure(DESError(.unavailable, "no more results")) : $0.results.removeFirst()
        }.get()
    }

    func source() -> CredentialSource { CredentialSource(now: look, load: { try self.load() }) }
}

@Suite("Keeping and refreshing credentials")
struct CredentialsSourceTests {
    private let down = DESError(.unavailable, "down")

    private func key(_ name: String, expires second: Int? = nil) -> Credentials {
        Credentials(
            accessKeyID: name, secret: plantedSecret,
            expiry: second.map { Timestamp(seconds: $0, nanoseconds: 999_999_999) })
    }

    @Test("fifty callers cause one search, and all get what it found")
    func singleFlight() async throws {
        let script = Script([.success(key("A"))])
        let source = CredentialSource(now: script.look) {
            while script.looks < 50 { await Task.yield() }  // until all callers are there
            return try script.load()
        }
        let found = try await withThrowingTaskGroup(of: Credentials.self) { group in
            for _ in 0..<50 { group.addTask { try await source.credentials() } }
            return try await group.reduce(into: []) { $0.append($1.accessKeyID) }
        }
        #expect(found == Array(repeating: "A", count: 50))
        #expect(script.loads == 1)
    }

    @Test("a failed search reaches all who waited for it, and the next caller searches again")
    func failure() async throws {
        let script = Script([.failure(down), .success(key("A"))])
        let source = script.source()
        await #expect(throws: down) { try await source.credentials() }
        #expect(try await source.credentials().accessKeyID == "A")
        #expect(script.loads == 2)
    }

    @Test("what never expires is searched once")
    func forever() async throws {
        let script = Script([.success(key("A"))])
        let source = script.source()
        for _ in 0..<3 {
            #expect(try await source.credentials().accessKeyID == "A")
            script.now += 1_000_000
        }
        #expect(script.loads == 1)
    }

    @Test("five minutes before the expiry they are searched anew, once, while the old ones are handed out")
    func early() async throws {
        let script = Script([.success(key("A", expires: 1_003_600)), .success(key("B", expires: 1_007_200))])
        let source = script.source()
        _ = try await source.credentials()
        script.now = 1_003_299
        #expect(try await source.credentials().accessKeyID == "A")
        #expect(source.search == nil && script.loads == 1)
        script.now = 1_003_300
        #expect(try await source.credentials().accessKeyID == "A")
        _ = try await source.search?.value
        #expect(try await source.credentials().accessKeyID == "B")
        #expect(source.search == nil && script.loads == 2)
    }

    @Test("a failed early search leaves what is valid, is repeated at growing distances, and ends with the expiry")
    func backOff() async throws {
        let script = Script([.success(key("A", expires: 1_000_400))] + Array(repeating: .failure(down), count: 100))
        let source = script.source()
        _ = try await source.credentials()
        var searched: [Int] = []
        for second in 1_000_000..<1_000_400 {
            script.now = second
            let before = script.loads
            #expect(try await source.credentials().accessKeyID == "A")
            _ = try? await source.search?.value
            if script.loads > before { searched.append(second - 1_000_000) }
        }
        #expect(searched == [200, 201, 203, 207, 215, 231, 263, 327, 391])
        script.now = 1_000_400
        await #expect(throws: down) { try await source.credentials() }
    }

    @Test("expired credentials are never handed out: not old ones, and not ones that are found expired")
    func expired() async throws {
        let script = Script([
            .success(key("A", expires: 1_000_010)), .failure(down), .success(key("B", expires: 1_000_010)),
            .success(key("C", expires: 1_000_011)),
        ])
        let source = script.source()
        _ = try await source.credentials()
        script.now = 1_000_010
        await #expect(throws: down) { try await source.credentials() }
        let error = await #expect(throws: DESError.self) { try await source.credentials() }
        #expect(error?.code == .denied)
        #expect(
            error?.message == "the credentials that were found expired at 1970-01-12T13:46:50.999999999Z, and it is "
                + "1970-01-12T13:46:50.000000000Z by the clock of this machine")
        #expect(try await source.credentials().accessKeyID == "C")
    }

    @Test("short-lived credentials are searched anew after half their time, not at every call")
    func shortLived() async throws {
        let script = Script([.success(key("A", expires: 1_000_060)), .success(key("B", expires: 1_000_090))])
        let source = script.source()
        for second in 1_000_000..<1_000_030 {
            script.now = second
            _ = try await source.credentials()
            _ = try await source.search?.value
        }
        #expect(script.loads == 1)
        script.now = 1_000_030
        _ = try await source.credentials()
        _ = try await source.search?.value
        #expect(script.loads == 2)
    }

    @Test("refused credentials are searched anew; a late refusal of older ones costs nothing")
    func invalidate() async throws {
        let script = Script([.success(key("A")), .success(key("B"))])
        let source = script.source()
        let refused = try await source.credentials()
        source.invalidate(refused)
        #expect(try await source.credentials().accessKeyID == "B")
        source.invalidate(refused)
        #expect(try await source.credentials().accessKeyID == "B")
        #expect(script.loads == 2)
    }

    @Test("credentials that are known are handed out as they are")
    func known() async throws {
        let source = CredentialSource(.anonymous)
        #expect(try await source.credentials().isAnonymous)
        source.invalidate(.anonymous)
        #expect(try await source.credentials().isAnonymous)
    }
}
