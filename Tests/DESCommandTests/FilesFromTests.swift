import Testing

@Suite("pack --files-from")
struct FilesFromTests {
    private let directory: TemporaryDirectory
    private let container: String

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
        try directory.tree("tree", ["a.txt": "1", "sub/b.txt": "2", "sub/c.txt": "3", "new\nline": "4", "-dash": "5"])
    }

    private func pack(
        list: String, _ options: String..., status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Command.Result {
        var command = Command.des("pack", "tree", "-o", "out.des", "--files-from", "-", in: directory.path)
        command.arguments += options
        command.input = Array(list.utf8)
        let result = try command.run()
        try #require(result.status == status, "\(result)", sourceLocation: sourceLocation)
        return result
    }

    @Test("paths come one a line, in the order of the list, from standard input")
    func lines() throws {
        _ = try pack(list: "sub/c.txt\na.txt\n\n-dash\nsub/b.txt")
        #expect(try Container.names(container) == ["sub/c.txt", "a.txt", "-dash", "sub/b.txt"])
    }

    @Test("with -0 paths end with NUL and may hold line ends")
    func nul() throws {
        _ = try pack(list: "new\nline\0a.txt\0", "-0")
        #expect(try Container.names(container) == ["new\nline", "a.txt"])
    }

    @Test("the list may be a file, and its paths are relative to the current directory without DIR")
    func file() throws {
        try Files.write(directory["list"], "tree/a.txt\ntree/sub\n")
        let result = try Command.des("pack", "--files-from", "list", "-o", "out.des", in: directory.path).run()
        #expect(result.status == 0, "\(result)")
        #expect(try Container.names(container) == ["tree/a.txt", "tree/sub/b.txt", "tree/sub/c.txt"])
    }

    @Test("./ and // are dropped, a directory gives all that is below it")
    func prefixes() throws {
        _ = try pack(list: "./a.txt\n.//sub/./\n")
        #expect(try Container.names(container) == ["a.txt", "sub/b.txt", "sub/c.txt"])
    }

    @Test("an absolute path is packed under its name without the leading slash")
    func absolute() throws {
        _ = try pack(list: directory["tree/a.txt"] + "\n")
        #expect(try Container.names(container) == [String(directory["tree/a.txt"].dropFirst())])
    }

    @Test(
        "a path with .. is reported and left out, also when a combining mark follows its slash",
        arguments: ["../tree/a.txt", "sub/../a.txt", "..", "../\u{301}x", "/\u{301}x"])
    func parent(path: String) throws {
        try Files.write(directory["\u{301}x"], "outside")
        let result = try pack(list: "\(path)\na.txt\n", status: 3)
        #expect(result.errors.contains("left out") && !result.errors.contains("cannot write"), "\(result)")
        #expect(try Container.names(container) == ["a.txt"])
        try Container.expectClean(container)
    }

    @Test(
        "what find prints is packed once, directories or what is below them first",
        arguments: ["find . -print0", "find . -depth -print0", "find sub a.txt new* ./-dash sub -print0"])
    func find(list: String) throws {
        try Files.makeDirectory(directory["tree/sub/empty"])
        try Files.link(directory["tree/sub/link"], to: "..")
        let found = try Command.tool(.bash, ["-c", list], in: directory["tree"]).run()
        #expect(found.status == 0 && found.output.contains(0), "\(found)")
        let result = try pack(list: found.text, "-0")
        #expect(result.errors.contains("packed 7 entries,"), "\(result)")
        #expect(
            try Container.names(container, "--sort", "name")
                == ["-dash", "a.txt", "new\nline", "sub/b.txt", "sub/c.txt", "sub/empty", "sub/link"])
    }

    @Test("a path beside a listed directory, or below a listed link to one, is not taken for a part of it")
    func besideDirectory() throws {
        try directory.tree("tree", ["sub.txt": "6", "sub!/d": "7", "\u{E9}/x": "8", "e\u{301}/y": "9"])
        try Files.link(directory["tree/link"], to: "sub")
        let result = try pack(list: "sub\nsub.txt\nsub!/d\n\u{E9}\ne\u{301}/y\nlink\nlink/b.txt\n", status: 3)
        #expect(result.errors.contains("/link/b.txt: left out: it or a directory above it is a symbolic"), "\(result)")
        let names = ["sub/b.txt", "sub/c.txt", "sub.txt", "sub!/d", "\u{E9}/x", "e\u{301}/y", "link"]
        #expect(try Container.names(container).map { Array($0.utf8) } == names.map { Array($0.utf8) })
    }

    @Test("a path that is not there, listed twice or not UTF-8 is reported; the rest is packed")
    func faults() throws {
        var command = Command.des("pack", "tree", "-o", "out.des", "--files-from", "-", in: directory.path)
        command.input = Array("missing.txt\na.txt\na.txt\n".utf8) + [0xFF, 0x0A] + Array("sub/b.txt\n".utf8)
        let result = try command.run()
        #expect(result.status == 3 && result.errors.contains("3 left out"), "\(result)")
        for word in ["missing.txt", "\"a.txt\"", "not UTF-8"] { #expect(result.errors.contains(word), "\(word)") }
        #expect(try Container.names(container) == ["a.txt", "sub/b.txt"])
        try Container.expectClean(container)
    }

    @Test("an empty list makes a container without entries", arguments: ["", "\n\n"])
    func empty(list: String) throws {
        _ = try pack(list: list)
        #expect(try Container.names(container) == [])
        try Container.expectClean(container)
    }

    @Test("a list that is not there ends it before anything is written")
    func missingList() throws {
        let result = try Command.des("pack", "tree", "--files-from", "no-list", "-o", "out.des", in: directory.path)
            .run()
        #expect(result.status == 10 && result.errors.contains("no-list"), "\(result)")
        #expect(try Files.names(in: directory.path) == ["tree"])
    }

    @Test("--exclude holds for listed paths too")
    func exclude() throws {
        _ = try pack(list: "a.txt\nsub\n", "--exclude", "c.*")
        #expect(try Container.names(container) == ["a.txt", "sub/b.txt"])
    }
}
