import DESCore
import DESStore
import Testing

@Suite("Listings of odd stores")
struct ObjectListingTests {
    /// Gives the pages of a script, whatever is asked, and then the last one for ever.
    private func pages(_ pages: [ListPage]) -> ScriptedStore { ScriptedStore(pages: pages) }

    private func info(_ key: String) -> ObjectInfo { ObjectInfo(key: key, byteCount: 1, etag: ETag("e")) }

    private func listed(_ store: ScriptedStore) async throws -> [String] {
        var keys: [String] = []
        for try await info in store.objects() { keys.append(info.key) }
        return keys
    }

    @Test("empty pages on the way are passed over")
    func emptyPages() async throws {
        let store = pages([
            ListPage(objects: [], next: "1"), ListPage(objects: [info("a")], next: "2"),
            ListPage(objects: [], next: "3"), ListPage(objects: [], next: "4"), ListPage(objects: [info("b")]),
        ])
        #expect(try await listed(store) == ["a", "b"])
        #expect(store.tokens == [nil, "1", "2", "3", "4"])
    }

    @Test("a store that goes round in circles is an error")
    func circles() async throws {
        for circle in [
            [ListPage(objects: [], next: "1")], [ListPage(objects: [info("a")], next: "1")],
            [ListPage(objects: [], next: "1"), ListPage(objects: [], next: "2"), ListPage(objects: [], next: "1")],
            [ListPage(objects: [info("a")], next: "1"), ListPage(objects: [info("b"), info("b")])],
            [ListPage(objects: [info("b")], next: "1"), ListPage(objects: [info("a")])],
        ] {
            #expect(await errorCode { _ = try await listed(pages(circle)) } == .unavailable, "\(circle)")
        }
    }
}
