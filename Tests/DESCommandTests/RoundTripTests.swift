import DESCore
import Testing

@Suite("Round trip")
struct RoundTripTests {
    @Test(
        "a random tree comes back with bytes, modes, times, links and empty directories, and always packs the same",
        arguments: [("input", 20_260_101), ("key", 20_260_102)] as [(String, UInt64)])
    func randomTree(order: String, seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var random = RandomTree(seed: seed)
        try random.make(at: directory["tree"], largeByteCount: order == "key" ? 9 << 20 : 0)
        let tree = try Snapshot(directory["tree"])
        let container = directory["out.des"]
        try Container.pack(directory["tree"], to: container, options: ["--order", order])
        try Container.expectClean(container)
        #expect(try Container.names(container).sorted(by: precedes) == tree.entryNames, "seed \(seed)")

        let info = try #require(try Command.des("info", "--json", container).run().json().first)
        #expect(info["clustered"] == .bool(order == "key"))
        #expect(info["entries"] == .integer(tree.entryNames.count))

        // Into a pipe, and a second time: the same bytes.
        let piped = try Command.des("pack", directory["tree"], "--order", order, "-o", "-").run()
        #expect(piped.status == 0, "\(piped.errors)")
        #expect(try Snapshot.Content(bytes: Files.read(container)) == Snapshot.Content(bytes: piped.output))

        let extracted = try Command.des("extract", container, "-C", directory["copy"]).run()
        #expect(extracted.status == 0, "\(extracted)")
        #expect(tree.differences(to: try Snapshot(directory["copy"])) == [], "seed \(seed)")

        let read = try Repository.v1Reader("--compare", container, directory["tree"])
        #expect(read.status == 0, "\(read)")
        let listed = try Repository.v1Reader(container).json().compactMap { $0["name"]?.stringValue }
        #expect(listed.sorted(by: precedes) == tree.entryNames)
    }

    @Test("a file of 20 MB is streamed in and out unchanged")
    func largeFile() throws {
        let directory = try TemporaryDirectory()
        var random = RandomTree(seed: 3)
        let body = random.bytes(20_000_003)
        try Files.write(directory["tree/large"], body)
        try Files.write(directory["tree/small"], "x")
        try Container.pack(directory["tree"], to: directory["out.des"])
        try Container.expectClean(directory["out.des"])
        let cat = try Command.des("cat", directory["out.des"], "large").run()
        #expect(cat.status == 0 && Snapshot.Content(bytes: cat.output) == Snapshot.Content(bytes: body))
        #expect(try Command.des("extract", directory["out.des"], "-C", directory["copy"]).run().status == 0)
        #expect(try Snapshot(directory["tree"]).differences(to: try Snapshot(directory["copy"])) == [])
        #expect(try Repository.v1Reader("--compare", directory["out.des"], directory["tree"]).lines == ["2"])
    }

    @Test("no files make a container without entries, which every verb accepts")
    func empty() throws {
        let directory = try TemporaryDirectory()
        try Files.makeDirectory(directory["tree"])
        let container = directory["out.des"]
        try Container.pack(directory["tree"], to: container)
        #expect(try Files.read(container).count == 216)
        try Container.expectClean(container)
        #expect(try Container.names(container) == [])
        #expect(try Command.des("info", container).run().status == 0)
        #expect(try Command.des("extract", container, "-C", directory["copy"]).run().status == 0)
        #expect(try Files.names(in: directory["copy"]) == [])
        let read = try Repository.v1Reader("--compare", container, directory["tree"])
        #expect(read.status == 0 && read.lines == ["0"], "\(read)")
    }

    @Test("a component that begins with a combining mark is a component of its own")
    func combiningMark() throws {
        let directory = try TemporaryDirectory()
        let tree = try directory.tree("tree", ["a/\u{301}b/c": "deep", "a/\u{301}b/d": "too", "\u{301}x/y": "z"])
        try Container.pack(tree, to: directory["out.des"])
        let result = try Command.des("extract", directory["out.des"], "-C", directory["copy"]).run()
        #expect(result.status == 0, "\(result)")
        #expect(try Snapshot(tree).differences(to: try Snapshot(directory["copy"])) == [])
        #expect(try Container.names(directory["out.des"], "a/*/c") == ["a/\u{301}b/c"])
    }

    private func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
