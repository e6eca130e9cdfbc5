import DESCore
import DESStore
import Testing

@Suite("Counted requests")
struct MeteredStoreTests {
    @Test("every operation is counted under its name, with its bytes, errors and time")
    func counts() async throws {
        let clock = TestClock()
        let slow = StoreFault.slow { clock.advance(by: .seconds(3)) }
        let memory = MemoryStore()
        let store = MeteredStore(
            FaultyStore(memory, [.get: [slow, .before(StoreFault.lost())], .put: [slow]]), clock: clock)
        _ = try await store.put("k", [1, 2, 3, 4, 5], .create)
        _ = await errorCode { _ = try await store.put("k", [1, 2], .create) }
        _ = try await store.get("k", .suffix(3), ifMatch: nil)
        _ = await errorCode { _ = try await store.get("k", .suffix(3), ifMatch: nil) }
        _ = try await store.head("k")
        _ = try await store.keys("")
        let upload = try await store.beginUpload("m")
        let part = try await store.putPart("m", upload, number: 1, [1, 2])
        _ = try await store.completeUpload("m", upload, [part], .create)
        try await store.abortUpload("m", upload)
        try await store.delete("m")
        _ = await errorCode { _ = try await store.presignedURL("m", seconds: 1) }

        let counts = store.counts
        func cost(_ operation: StoreOperation) -> [Int] {
            let cost = counts[operation]
            return [cost.requestCount, cost.errorCount, cost.byteCountIn, cost.byteCountOut]
        }
        #expect(cost(.put) == [2, 1, 0, 7])
        #expect(cost(.get) == [2, 1, 3, 0])
        for operation in [StoreOperation.head, .list, .beginUpload, .completeUpload, .abortUpload, .delete] {
            #expect(cost(operation) == [1, 0, 0, 0], "\(operation)")
        }
        #expect(cost(.putPart) == [1, 0, 0, 2])
        #expect(cost(.presign) == [1, 1, 0, 0])
        #expect(counts[.get].time == .seconds(3) && counts[.put].time == .seconds(3) && counts[.head].time == .zero)
        let total = counts.total
        #expect([total.requestCount, total.errorCount, total.byteCountIn, total.byteCountOut] == [12, 3, 3, 9])
        #expect(total.time == .seconds(6))
    }
}
