import Glibc
import Testing

@Suite("Selecting what to extract and what to leave out")
struct SelectionTests {
    private let directory: TemporaryDirectory
    private let container: String

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
        try directory.tree(
            "tree",
            [
                "a/one.txt": "1", "a/deep/two.txt": "22", "a/deep/three.tmp": "3", "b/four.txt": "4", "b/five.tmp": "5",
                "c/[x].txt": "6", "c/x.txt": "7",
            ])
    }

    @Test(
        "extract takes names, directories and globs, and nothing else",
        arguments: [
            (["a/one.txt"], ["a/one.txt"]), (["a/deep"], ["a/deep/three.tmp", "a/deep/two.txt"]),
            (["*.tmp"], ["a/deep/three.tmp", "b/five.tmp"]), (["c/[x].txt"], ["c/[x].txt", "c/x.txt"]),
            (["a/**/two.txt", "b"], ["a/deep/two.txt", "b/five.tmp", "b/four.txt"]),
        ] as [([String], [String])])
    func extract(patterns: [String], expected: [String]) throws {
        try Container.pack(directory["tree"], to: container)
        var command = Command.des("extract", container, "-C", directory["copy"])
        command.arguments += patterns
        let result = try command.run()
        #expect(result.status == 0, "\(result)")
        #expect(try Snapshot(directory["copy"]).entryNames == expected)
    }

    @Test("extract of something that is not there writes nothing at all")
    func extractNothing() throws {
        try Container.pack(directory["tree"], to: container)
        let result = try Command.des("extract", container, "-C", directory["copy"], "a", "zzz").run()
        #expect(result.status == 10 && result.errors.contains("zzz"), "\(result)")
        #expect(!Files.exists(directory["copy"]))
    }

    @Test(
        "--exclude leaves out names, directories and globs, before they are read",
        arguments: [
            (["*.tmp"], ["a/deep/two.txt", "a/one.txt", "b/four.txt", "c/[x].txt", "c/x.txt"]),
            (["a", "c"], ["b/five.tmp", "b/four.txt"]),
            (["a/deep", "*.txt"], ["b/five.tmp"]),
            (["a/*"], ["b/five.tmp", "b/four.txt", "c/[x].txt", "c/x.txt"]),
            ([#"c/\[x].txt"#, "a", "b"], ["c/x.txt"]),
            (["**/*.t?t"], ["a/deep/three.tmp", "b/five.tmp"]),
        ] as [([String], [String])])
    func exclude(patterns: [String], expected: [String]) throws {
        try Container.pack(directory["tree"], to: container, options: patterns.flatMap { ["--exclude", $0] })
        #expect(try Container.names(container, "--sort", "name") == expected)
        try Container.expectClean(container)
    }

    @Test("an empty directory is left out by a pattern with a slash at the end")
    func excludeEmptyDirectory() throws {
        try Files.makeDirectory(directory["tree/empty"])
        try Container.pack(directory["tree"], to: container, options: ["--exclude", "empty/"])
        #expect(try !Container.names(container).contains("empty"))
    }

    @Test("what is left out is not even opened: it cannot make the exit status 3")
    func excludeUnreadable() throws {
        try Files.link(directory["tree/b/target"], to: "x")
        mkfifoOrFail(directory["tree/pipe"])
        try Container.pack(directory["tree"], to: container, options: ["--exclude", "pipe"])
        try Container.pack(directory["tree"], to: directory["other.des"], status: 3)
    }

    private func mkfifoOrFail(_ path: String) {
        #expect(mkfifo(path, 0o600) == 0, "cannot make a pipe at \(path)")
    }
}
