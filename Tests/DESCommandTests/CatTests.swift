import DESCore
import Testing

@Suite("cat")
struct CatTests {
    private let directory: TemporaryDirectory
    private let container: String

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
    }

    @Test("entries are written one after the other, in the order they are asked for, bytes as they are")
    func order() throws {
        try Files.write(directory["tree/raw"], Array(0...255))
        try Files.write(directory["tree/empty"], "")
        try Files.write(directory["tree/text"], "text")
        try Container.pack(directory["tree"], to: container)
        let result = try Command.des("cat", container, "text", "raw", "empty", "text").run()
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(result.output == Array("text".utf8) + Array(0...255) + Array("text".utf8))
    }

    @Test("if one name is missing nothing is written, and every missing one is said")
    func missing() throws {
        try directory.tree("tree", ["a": "content", "b": "content"])
        try Container.pack(directory["tree"], to: container)
        let result = try Command.des("cat", container, "a", "no\u{1B}pe", "b", "neither").run()
        #expect(result.status == 10 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains(#""no\u{1b}pe""#) && result.errors.contains(#""neither""#), "\(result)")
    }

    @Test(
        "a name is a name: no glob, no directory, no other normal form",
        arguments: ["*", "sub", "cafe\u{301}", "/a", ""])
    func wholeNames(name: String) throws {
        try directory.tree("tree", ["a": "1", "sub/b": "2", "caf\u{E9}": "3"])
        try Container.pack(directory["tree"], to: container)
        let result = try Command.des("cat", container, name).run()
        #expect(result.status == (name.isEmpty ? 1 : 10) && result.output.isEmpty, "\(result)")
    }

    @Test(
        "an entry that cannot be given out is refused before another one is written",
        arguments: [
            ("DELETED", 10), ("COMPRESSED", 1), ("EXTERNAL", 10), ("4", 1), ("64", 1),
        ] as [(String, Int32)])
    func flagged(flags: String, status: Int32) throws {
        try Repository.forge(
            in: directory,
            """
            put("out.des", seal([File("large", "x" * 100_000), File("special", "y", flags=\(flags))]))
            """)
        let result = try Command.des("cat", container, "large", "special").run()
        #expect(result.status == status && result.errors.contains("special"), "\(result)")
        #expect(result.output.count == 0)
    }

    @Test(
        "a body outside is read from _bigFiles beside the container, and checked",
        arguments: [("y", 0), ("z", 11), ("yy", 11), ("", 11)] as [(String, Int32)])
    func external(content: String, status: Int32) throws {
        try Repository.forge(
            in: directory,
            """
            put("out.des", seal([File("large", "x" * 100_000), File("special", "y", flags=EXTERNAL)]))
            """)
        try Files.write(directory["_bigFiles/special"], content)
        let result = try Command.des("cat", container, "special").run()
        #expect(result.status == status, "\(result)")
        #expect(result.output == Array((status == 0 ? "y" : "").utf8), "\(result)")
        let extracted = try Command.des("extract", container, "-C", directory["copy"]).run()
        #expect(extracted.status == status, "\(extracted)")
        #expect(Files.exists(directory["copy/special"]) == (status == 0))
        #expect(Files.exists(directory["copy/large"]))
    }

    @Test("of a damaged body nothing is written, however large it is", arguments: [100_000, (8 << 20) + 1, 20 << 20])
    func damaged(byteCount: Int) throws {
        try Files.write(directory["tree/large"], [UInt8](repeating: 7, count: byteCount))
        try Container.pack(directory["tree"], to: container)
        var bytes = try Files.read(container)
        bytes[16 + byteCount - 1] ^= 0x80
        try Files.write(container, bytes)
        let result = try Command.des("cat", container, "large").run()
        #expect(result.status == 11 && result.output.isEmpty, "\(result.errors)")
        #expect(result.errors.contains("large") && result.errors.contains("at byte 16"), "\(result.errors)")
    }

    @Test("one name of many costs a few reads and at most 256 KiB")
    func stats() throws {
        try Repository.forge(
            in: directory,
            """
            put("out.des", seal([File("large", ("79", 600_000))] + [File(f"entry-{i}", "x" * 50) for i in range(500)]))
            """)
        let result = try Command.des("cat", "--stats", "--json", container, "entry-432").run()
        let stats = try #require(try result.jsonErrors().first)
        #expect(result.text == String(repeating: "x", count: 50))
        #expect(try #require(stats["reads"]?.integerValue) <= 4)
        #expect(try #require(stats["bytes"]?.integerValue) <= 256 << 10)
        #expect(try Files.read(container).count > 512 << 10)
    }
}
