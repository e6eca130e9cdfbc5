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
