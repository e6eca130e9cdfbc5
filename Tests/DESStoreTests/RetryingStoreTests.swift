import DESCore
import DESStore
import TestServers
import Testing

@Suite("Repeated requests")
struct RetryingStoreTests {
    private let memory = MemoryStore()
    private let clock = TestClock()

    private func retrying(
        _ faulty: FaultyStore, _ policy: RetryPolicy = RetryPolicy(attemptCountMax: 4)
    ) -> RetryingStore<TestClock> {
        RetryingStore(faulty, policy: policy, clock: clock, generator: SeededGenerator(seed: 1))
    }

    @Test("an error that may pass is repeated, any other is reported at once")
    func transientOnly() async throws {
        _ = try await memory.put("k", [1], .create)
        let faulty = FaultyStore(memory, [.get: [.before(StoreFault.lost()), .after(StoreFault.lost()), nil]])
        #expect(try await retrying(faulty).bytes("k") == [1])
        #expect(faulty.requests == [.get, .get, .get])
        #expect(clock.sleeps.count == 2)

        let denied = FaultyStore(memory, [.get: [.before(DESError(.denied, "no")), nil]])
        #expect(await errorCode { _ = try await retrying(denied).bytes("k") } == .denied)
        #expect(denied.requests == [.get])
    }

    @Test("the last error is reported when the attempts are used up")
    func attempts() async throws {
        let faulty = FaultyStore(memory, [.head: Array(repeating: .before(StoreFault.lost()), count: 9)])
        #expect(await errorCode { _ = try await retrying(faulty).head("k") } == .unavailable)
        #expect(faulty.requests.count == 4)
        #expect(clock.sleeps.count == 3)
    }

    @Test("the deadline counts the time of the attempts too")
    func deadline() async throws {
        let clock = clock
        let stall: @Sendable () -> Void = { clock.advance(by: .seconds(40)) }
        // Each attempt takes 40 seconds and fails: the second ends behind the deadline.
        let slow = FaultyStore(
            FaultyStore(memory, [.head: Array(repeating: .before(StoreFault.lost()), count: 9)]),
            [.head: Array(repeating: .slow(stall), count: 9)])
        #expect(await errorCode { _ = try await retrying(slow).head("k") } == .unavailable)
        #expect(slow.requests.count == 2)
    }

    @Test("a store that asks for time gets it")
    func retryAfter() async throws {
        let faulty = FaultyStore(memory, [.list: [.before(StoreFault.lost(retryAfter: .seconds(17)))]])
        _ = try await retrying(faulty).keys("")
        #expect(clock.sleeps == [.seconds(17)])
    }

    @Test(
        "a create whose answer was lost is a success, by the bytes that are there", arguments: [0, 1, 100_000, 9 << 20])
    func lostCreate(byteCount: Int) async throws {
        let body = randomBytes(byteCount, seed: 4)
        let faulty = FaultyStore(memory, [.put: [.after(StoreFault.lost())]])
        let etag = try await retrying(faulty).put("k", body, .create)
        #expect(try await memory.head("k").etag == etag)
        #expect(faulty.requests.filter { $0 == .put }.count == 2)
    }

    @Test(
        "a create that finds another object after a lost request is a conflict",
        arguments: [[2, 2, 3], [1, 2], [1, 2, 3, 4]])
    func lostCreateOfAnother(body: [UInt8]) async throws {
        _ = try await memory.put("k", body, .create)
        let faulty = FaultyStore(memory, [.put: [.before(StoreFault.lost())]])
        #expect(await errorCode { _ = try await retrying(faulty).put("k", [1, 2, 3], .create) } == .conflict)
        #expect(try await memory.bytes("k") == body)
    }

    @Test("a create that fails for an object at the first attempt is a conflict, even of equal bytes")
    func firstConflict() async throws {
        _ = try await memory.put("k", [1], .create)
        let faulty = FaultyStore(memory)
        #expect(await errorCode { _ = try await retrying(faulty).put("k", [1], .create) } == .conflict)
        #expect(faulty.requests == [.put])
    }

    @Test("reading back is repeated as well, and an object that went meanwhile was not ours")
    func readBackFails() async throws {
        let faulty = FaultyStore(
            memory,
            [
                .put: [.after(StoreFault.lost())], .head: [.before(StoreFault.lost())],
                .get: [.before(StoreFault.lost())],
            ])
        _ = try await retrying(faulty).put("k", [1], .create)
        let gone = FaultyStore(
            memory, [.put: [.before(StoreFault.lost())], .head: [.before(DESError(.notFound, "gone"))]])
        #expect(await errorCode { _ = try await retrying(gone).put("k", [1], .create) } == .conflict)
    }

    @Test("a completion whose answer was lost is a success", arguments: [PutMode.create, .overwrite])
    func lostCompletion(mode: PutMode) async throws {
        let faulty = FaultyStore(memory, [.completeUpload: [.after(StoreFault.lost())]])
        let store = retrying(faulty)
        let upload = try await store.beginUpload("k")
        let part = try await store.putPart("k", upload, number: 1, [1, 2, 3])
        let etag = try await store.completeUpload("k", upload, [part], mode)
        #expect(try await memory.head("k").etag == etag)
    }

    @Test("a completion that finds its upload gone and an object of another size, or none, has failed")
    func goneUpload() async throws {
        for other in [nil, [1, 2]] as [[UInt8]?] {
            let faulty = FaultyStore(memory, [.completeUpload: [.before(StoreFault.lost())]])
            let store = retrying(faulty)
            let upload = try await store.beginUpload("k")
            let part = try await store.putPart("k", upload, number: 1, [1, 2, 3])
            try await memory.abortUpload("k", upload)
            if let other { _ = try await memory.put("k", other, .overwrite) }
            #expect(
                await errorCode { _ = try await store.completeUpload("k", upload, [part], .overwrite) } == .notFound)
        }
    }

    @Test("a completion that finds another object of the same size after a lost request is a conflict")
    func completionConflict() async throws {
        for (body, code) in [([9, 9, 9], .conflict), ([1, 2, 3], nil)] as [([UInt8], DESError.Code?)] {
            let faulty = FaultyStore(memory, [.completeUpload: [.before(StoreFault.lost())]])
            let store = retrying(faulty)
            let upload = try await store.beginUpload("k")
            let part = try await store.putPart("k", upload, number: 1, [1, 2, 3])
            _ = try await memory.put("k", body, .overwrite)
            let found = await errorCode { _ = try await store.completeUpload("k", upload, [part], .create) }
            #expect(found == code, "\(body)")
        }
    }

    @Test("cancelling ends the wait at once")
    func cancelled() async throws {
        let faulty = FaultyStore(memory, [.head: [.before(StoreFault.lost(retryAfter: .seconds(86_000)))]])
        let gate = Gate()
        let store = RetryingStore(
            FaultyStore(faulty, [.head: [.held(gate)]]), policy: RetryPolicy(deadline: .seconds(100_000)))
        let task = Task { try await store.head("k") }
        await gate.someone()
        gate.open()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(faulty.requests.count <= 1)
    }
}
