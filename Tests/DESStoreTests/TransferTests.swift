import DESCore
import DESStore
import Synchronization
import TestServers
import Testing

@Suite("Objects as streams")
struct TransferTests {
    private let memory = MemoryStore()
    private static let part = UploadLimits.partByteCountMin

    /// Gives `count` pieces of one part each.
    private func pieces(_ count: Int) -> () -> [UInt8]? {
        var given = 0
        return {
            given += 1
            return given <= count ? [UInt8](repeating: UInt8(given), count: Self.part) : nil
        }
    }

    @Test(
        "10,000 parts hold the largest object, and no part is too small or too large",
        arguments: [1, 5 << 20, 8 << 20, 1 << 30, 1 << 40])
    func partSizes(first: Int) {
        let sizes = (1...UploadLimits.partCountMax).map { UploadLimits.partByteCount($0, first: first) }
        #expect(sizes[0] == min(max(first, Self.part), UploadLimits.putByteCountMax))
        #expect(sizes.allSatisfy { (Self.part...UploadLimits.putByteCountMax).contains($0) })
        #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(sizes.reduce(0, +) >= UploadLimits.objectByteCountMax)
    }

    @Test("parts grow late: the first 960 are as large as asked for, and then twice as large")
    func partGrowth() {
        #expect(UploadLimits.partByteCount(960, first: 8 << 20) == 8 << 20)
        #expect(UploadLimits.partByteCount(961, first: 8 << 20) == 16 << 20)
        #expect(UploadLimits.partByteCount(1_921, first: 8 << 20) == 32 << 20)
    }

    @Test("one part is one put; more is an upload", arguments: [0, 1, 2, 3])
    func requests(partCount: Int) async throws {
        let store = FaultyStore(memory)
        let next = pieces(partCount)
        _ = try await store.upload("k", .create, partByteCount: Self.part) { next() }
        let parts = Array(repeating: StoreOperation.putPart, count: partCount)
        #expect(store.requests == (partCount < 2 ? [.put] : [.head, .beginUpload] + parts + [.completeUpload]))
        #expect(try await memory.head("k").byteCount == partCount * Self.part)
    }

    @Test("no more parts are in the works than asked for", arguments: [1, 3])
    func concurrency(width: Int) async throws {
        let gates = (0..<width).map { _ in Gate() }
        let store = FaultyStore(memory, [.putPart: gates.map { .held($0) }])
        let given = Atomic(0)
        let task = Task {
            try await store.upload("k", .create, partByteCount: Self.part, concurrency: width) {
                given.add(1, ordering: .relaxed).newValue <= 9 ? [UInt8](repeating: 1, count: Self.part) : nil
            }
        }
        // All are at work, and what is given is theirs, besides the two that say whether it is one put.
        for gate in gates { await gate.someone() }
        #expect(given.load(ordering: .relaxed) <= max(2, width))
        #expect(store.requests.filter { $0 == .putPart }.count == width)
        for gate in gates { gate.open() }
        _ = try await task.value
        #expect(try await memory.head("k").byteCount == 9 * Self.part)
    }

    @Test(
        "whatever fails, the upload is aborted and the first error reported, even if the abort fails",
        arguments: [StoreOperation.putPart, .completeUpload], [false, true])
    func aborted(failing: StoreOperation, abortFails: Bool) async throws {
        let store = FaultyStore(
            memory,
            [
                failing: [.before(DESError(.denied, "no"))],
                .abortUpload: abortFails ? [.before(DESError(.unavailable, "gone"))] : [],
            ])
        let next = pieces(3)
        let code = await errorCode { _ = try await store.upload("k", .create, partByteCount: Self.part) { next() } }
        #expect(code == .denied)
        #expect(store.requests.last == .abortUpload)
        #expect(store.requests.filter { $0 == .abortUpload }.count == 1)
        #expect(await errorCode { _ = try await memory.head("k") } == .notFound)
    }

    private struct Failure: Error {}

    @Test(
        "a source that fails aborts the upload; before there is one, it asks the store for nothing",
        arguments: [0, 1, 2, 3])
    func sourceFails(after count: Int) async throws {
        let store = FaultyStore(memory)
        let next = pieces(9)
        var given = 0
        await #expect(throws: Failure.self) {
            _ = try await store.upload("k", .create, partByteCount: Self.part) {
                given += 1
                if given > count { throw Failure() }
                return next()
            }
        }
        #expect(store.requests.last == (count < 2 ? nil : .abortUpload))
        #expect(try await memory.keys("").keys == [])
    }

    @Test("an upload that is cancelled is aborted")
    func cancelled() async throws {
        let gate = Gate()
        let store = FaultyStore(memory, [.putPart: [.held(gate)]])
        let task = Task {
            let next = pieces(5)
            return try await store.upload("k", .create, partByteCount: Self.part, concurrency: 1) { next() }
        }
        await gate.someone()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(store.requests == [.head, .beginUpload, .putPart, .abortUpload])
    }

    @Test("pieces of any size become the same object", arguments: [UInt64(1), 2, 3])
    func anyPieces(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let body = randomBytes(3 * Self.part + 12_345, seed: seed)
        var start = 0
        _ = try await memory.upload("k", .create, partByteCount: Self.part) {
            if start == body.count { return nil }
            // Empty ones, small ones, and some that are larger than a part.
            let size = [0, 1, 70_000, Self.part, 2 * Self.part + 7].randomElement(using: &generator) ?? 1
            let piece = Array(body[start..<min(body.count, start + max(size, size == 1 ? 100_000 : size))])
            start += piece.count
            return piece
        }
        let read = try await memory.bytes("k")
        #expect(areSame(read, body), "seed \(seed)")
    }

    @Test(
        "a download that is answered with something else is an error, never other bytes",
        arguments: [StoreFault.truncated(1), .shifted(1), .otherVersion], [0, 1, 5])
    func wrongAnswers(fault: StoreFault, place: Int) async throws {
        _ = try await memory.put("k", randomBytes(1_000, seed: 1), .create)
        let store = FaultyStore(memory, [.get: Array(repeating: nil, count: place) + [fault]])
        let etag = try await memory.head("k").etag
        let code = await errorCode {
            try await store.download("k", ifMatch: etag, partByteCount: 100, concurrency: 2) { _ in }
        }
        if case .otherVersion = fault { #expect(code == .changed) } else { #expect(code == .unavailable) }
    }

    @Test("an object that is replaced during its download is an error")
    func replaced() async throws {
        _ = try await memory.put("k", randomBytes(1_000, seed: 1), .create)
        var read = 0
        let code = await errorCode {
            try await memory.download("k", partByteCount: 100, concurrency: 1) {
                read += $0.count
                if read == 300 { _ = try await memory.put("k", randomBytes(1_000, seed: 2), .overwrite) }
            }
        }
        #expect(code == .changed && read == 300)
    }

    @Test("an object that fits in one piece is one request")
    func oneRequest() async throws {
        _ = try await memory.put("k", [1, 2, 3], .create)
        let store = FaultyStore(memory)
        try await store.download("k") { #expect($0 == [1, 2, 3]) }
        try await store.download("k", range: .suffix(2)) { #expect($0 == [2, 3]) }
        #expect(store.requests == [.get, .get])
    }
}
