import DESCore
import Testing

@Suite("ls")
struct ListTests {
    private let directory: TemporaryDirectory
    private let container: String

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
        try directory.tree(
            "tree",
            [
                "a/one.txt": "1", "a/deep/two.txt": "22", "a/deep/er/b/three.md": "333", "b/four.txt": "4444",
                "b/[x].txt": "55555", "b/x.txt": "666666", "d[1]/in": "7777777", "d1/out": "88888888", "top.txt": "",
            ])
        try Container.pack(directory["tree"], to: container)
    }

    @Test("without a pattern everything is listed, in the order of DATA", arguments: ["input", "key"])
    func dataOrder(order: String) throws {
        let packed = directory["\(order).des"]
        try Container.pack(directory["tree"], to: packed, options: ["--order", order])
        let offsets = try Command.des("ls", "--json", packed).run().json().compactMap { $0["offset"]?.integerValue }
        #expect(offsets.count == 9)
        #expect(offsets == offsets.sorted())
        let names = try Command.des("ls", packed).run().lines
        #expect(try names == Container.names(packed))
        if order == "input" {
            #expect(names.first == "a/deep/er/b/three.md" && names != names.reversed())
        } else {
            #expect(names != names.sorted(), "the order of keys is not the order of names")
        }
    }

    @Test(
        "patterns select names, directories and globs",
        arguments: [
            (["top.txt"], ["top.txt"]),
            (["a"], ["a/deep/er/b/three.md", "a/deep/two.txt", "a/one.txt"]),
            (["a/deep/"], ["a/deep/er/b/three.md", "a/deep/two.txt"]),
            (["a/deep/two.txt", "b/four.txt"], ["a/deep/two.txt", "b/four.txt"]),
            (["*.md"], ["a/deep/er/b/three.md"]),
            (["*.txt"], ["a/deep/two.txt", "a/one.txt", "b/[x].txt", "b/four.txt", "b/x.txt", "top.txt"]),
            (["a/*.txt"], ["a/one.txt"]),
            (["a/**/b"], ["a/deep/er/b/three.md"]),
            (["**/*.md"], ["a/deep/er/b/three.md"]),
            (["a/**"], ["a/deep/er/b/three.md", "a/deep/two.txt", "a/one.txt"]),
            (["**/two.txt"], ["a/deep/two.txt"]),
            (["?/x.txt"], ["b/x.txt"]),
            (["b/[f-x]*.txt"], ["b/four.txt", "b/x.txt"]),
            (["b/[!f]*.txt"], ["b/[x].txt", "b/x.txt"]),
            (["a/de*"], ["a/deep/er/b/three.md", "a/deep/two.txt"]),
        ] as [([String], [String])])
    func patterns(patterns: [String], expected: [String]) throws {
        var command = Command.des("ls", container)
        command.arguments += patterns
        let result = try command.run()
        #expect(result.status == 0 && result.lines.sorted() == expected, "\(result)")
    }

    @Test(
        "a name that holds glob characters is selected by itself, literally",
        arguments: [
            ("b/[x].txt", ["b/[x].txt", "b/x.txt"]), (#"b/\[x].txt"#, ["b/[x].txt"]), ("d[1]/in", ["d[1]/in"]),
            (#"d\[1]"#, ["d[1]/in"]),
        ] as [(String, [String])])
    func literalGlobCharacters(pattern: String, expected: [String]) throws {
        #expect(try Command.des("ls", container, pattern).run().lines.sorted() == expected)
    }

    @Test("a directory whose name holds glob characters is selected by its name")
    func literalDirectory() throws {
        let result = try Command.des("ls", container, "d[1]").run()
        #expect(result.status == 0 && result.lines.contains("d[1]/in"), "\(result)")
    }

    @Test("a pattern that selects nothing is said by name, and nothing is listed")
    func nothingFound() throws {
        let result = try Command.des("ls", container, "top.txt", "nope", "*.none").run()
        #expect(result.status == 10 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains("nope") && result.errors.contains("*.none"))
        #expect(!result.errors.contains("top.txt"))
    }

    @Test("an empty directory is selected by its name, with and without a slash at the end", arguments: ["e", "e/"])
    func emptyDirectory(pattern: String) throws {
        try Files.makeDirectory(directory["more"])
        try Files.makeDirectory(directory["more/e"])
        try Container.pack(directory["more"], to: directory["more.des"])
        let result = try Command.des("ls", directory["more.des"], pattern).run()
        #expect(result.status == 0 && result.lines == ["e"], "\(result)")
    }

    @Test("--sort name is in the order of bytes, --sort size has the largest first")
    func sorted() throws {
        let names = try Container.names(container)
        #expect(
            try Container.names(container, "--sort", "name")
                == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(
            try Container.names(container, "--sort", "size") == [
                "d1/out", "d[1]/in", "b/x.txt", "b/[x].txt", "b/four.txt", "a/deep/er/b/three.md", "a/deep/two.txt",
                "a/one.txt", "top.txt",
            ])
    }

    @Test("--json gives each entry's name, size, place, checksum and META")
    func json() throws {
        let entry = try #require(try Command.des("ls", "--json", container, "a/one.txt").run().json().first)
        #expect(entry["type"] == .string("entry"))
        #expect(entry["name"] == .string("a/one.txt"))
        #expect(entry["size"] == .integer(1))
        #expect(entry["flags"] == .integer(0))
        // CRC32C of "1".
        #expect(entry["crc32c"] == .integer(0x90F5_99E3))
        let offset = try #require(entry["offset"]?.integerValue)
        #expect(try Files.read(container)[offset] == UInt8(ascii: "1"))
        #expect(entry["meta"]?["size"] == .integer(1))
        #expect(entry["meta"]?["mode"] == .integer(0o644))
        #expect(entry["meta"]?["mime"] == .string("text/plain"))
        #expect(entry["meta"]?["mtime"]?.stringValue?.hasSuffix("Z") == true)
    }

    @Test("-l shows kind, mode, size, time and name")
    func long() throws {
        try Files.write(directory["long/file"], Array("12345".utf8), mode: 0o640)
        try Files.link(directory["long/link"], to: "file")
        try Files.makeDirectory(directory["long/none"], mode: 0o751)
        for name in ["file", "link", "none"] {
            try Files.setTime(directory["long/\(name)"], seconds: 1_000_000_000, nanoseconds: 5)
        }
        try Container.pack(directory["long"], to: directory["long.des"])
        #expect(
            try Command.des("ls", "-l", "--sort", "name", directory["long.des"]).run().lines == [
                "-rw-r-----             5  2001-09-09 01:46:40  file",
                "l?????????             4  2001-09-09 01:46:40  link",
                "drwxr-x--x             0  2001-09-09 01:46:40  none",
            ])
    }

    @Test("a deep name in a foreign container and a pattern of many ** are decided soon: the work does not explode")
    func manyDoubleStars() throws {
        let deep = String(repeating: "a/", count: 40) + "x"
        try Files.write(directory["deep/\(deep)"], "")
        try Container.pack(directory["deep"], to: directory["deep.des"])
        var command = Command.des("ls", directory["deep.des"], String(repeating: "**/a/", count: 9) + "b")
        // A program of a well-behaved matcher is done in milliseconds, one of the other kind never.
        command.secondsMax = 10
        #expect(try command.run().status == 10)
    }
}
