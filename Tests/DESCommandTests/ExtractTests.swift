import Glibc
import Testing

@Suite("extract")
struct ExtractTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func extract(_ container: String, to target: String, _ options: String...) throws -> Command.Result {
        var command = Command.des("extract", container, "-C", target, in: directory.path)
        command.arguments += options
        return try command.run()
    }

    @Test("a file that is there is refused untouched, the rest is extracted; --force replaces it")
    func existing() throws {
        try directory.tree("tree", ["a": "new a", "b": "new b", "d/c": "new c"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        try directory.tree("copy", ["a": "old a", "d/c": "old c"])
        let refused = try extract("out.des", to: "copy")
        #expect(refused.status == 13, "\(refused)")
        #expect(refused.errors.contains("copy/a: ") && refused.errors.contains("copy/d/c: "), "\(refused)")
        #expect(try Files.text(directory["copy/a"]) == "old a" && Files.text(directory["copy/b"]) == "new b")
        let forced = try extract("out.des", to: "copy", "--force")
        #expect(forced.status == 0, "\(forced)")
        #expect(try Snapshot(directory["tree"]).differences(to: try Snapshot(directory["copy"])) == [])
    }

    @Test("--force replaces no directory by a file")
    func directoryInTheWay() throws {
        try directory.tree("tree", ["a": "file", "b": "1"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        try directory.tree("copy", ["a/kept": "1"])
        let result = try extract("out.des", to: "copy", "--force")
        #expect(result.status == 3 || result.status == 13, "\(result)")
        #expect(result.errors.contains("copy/a: "))
        #expect(try Snapshot(directory["copy"]).entryNames == ["a/kept", "b"])
    }

    @Test(
        "the target is made with the directories above it; one that cannot be is said by name",
        arguments: [
            ("new", 0), ("new/deep/er/", 0), ("link/new", 0), ("dangling/new", 10), ("dangling", 10), ("file", 13),
            ("file/new", 10),
        ] as [(String, Int32)])
    func target(path: String, status: Int32) throws {
        try directory.tree("tree", ["a": "1"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        try Files.makeDirectory(directory["real"])
        try Files.link(directory["link"], to: "real")
        try Files.link(directory["dangling"], to: "nowhere")
        try Files.write(directory["file"], "")
        let result = try extract("out.des", to: path)
        #expect(result.status >= 0, "a crash: \(result)")
        #expect((result.status == 0) == (status == 0), "\(result)")
        if status == 0 {
            #expect(try Files.text(directory["\(path)/a"]) == "1")
        } else {
            #expect([1, 10, status].contains(result.status), "\(result)")
            #expect(result.errors.hasPrefix("des: ") && result.errors.contains(path), "\(result)")
            #expect(!Files.exists(directory["nowhere"]))
        }
    }

    @Test("a target that is a file is said once, before anything is done", arguments: ["file", "link"])
    func targetIsFile(path: String) throws {
        try directory.tree("tree", ["a": "1", "b": "2", "c/d": "3"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        try Files.write(directory["file"], "kept")
        try Files.link(directory["link"], to: "file")
        let result = try extract("out.des", to: path, "--force")
        #expect(result.status == 13 && result.errors == "des: \(path): is not a directory\n", "\(result)")
        #expect(try Files.text(directory["file"]) == "kept")
    }

    @Test("what an earlier writer left out of META is filled in as the system does; odd values are not believed")
    func oddMeta() throws {
        try Repository.forge(
            in: directory,
            """
            put("out.des", seal([
                File("none", "1"), File("text", "2", {"mode": "0777", "mtime": 7}), File("negative", "3", {"mode": -1}),
                File("huge", "4", {"mode": Raw("9" * 40), "mtime": "9999-12-31T23:59:59.999999999Z"}),
                File("bad-time", "5", {"mtime": "2025-02-31T25:00:00Z"}), File("type", "6", {"type": "device"}),
                File("nested", "7", {"type": ["file"]}), File("old", "8", {"mtime": "0000-01-01T00:00:00Z"})]))
            """)
        let result = try extract("out.des", to: "copy")
        #expect(result.status == 3, "\(result)")
        #expect(result.errors.contains("\"type\"") && result.errors.contains("\"nested\""), "\(result)")
        let names = try Files.names(in: directory["copy"])
        #expect(names == ["bad-time", "huge", "negative", "none", "old", "text"])
        let status = try #require(Files.status(directory["copy/none"]))
        #expect(status.st_mode & 0o7777 == 0o644 || status.st_mode & 0o7777 == 0o664)
    }

    @Test(
        "set-user-id, set-group-id and sticky bits of a container are not taken over",
        arguments: [
            ("file", 0o4755), ("file", 0o2755), ("file", 0o7777), ("directory", 0o7777),
        ])
    func specialBits(type: String, mode: Int) throws {
        try Repository.forge(
            in: directory,
            """
            put("out.des", seal([File("x", "", {"type": "\(type)", "mode": \(mode)}), File("ok", "1")]))
            """)
        let result = try extract("out.des", to: "copy")
        #expect(result.status == 0, "\(result)")
        let status = try #require(Files.status(directory["copy/x"]))
        #expect(String(status.st_mode & 0o7777, radix: 8) == String(mode & 0o777, radix: 8))
    }

    @Test("entries that cannot be read are refused by name, the rest is extracted")
    func flagged() throws {
        try Repository.forge(
            in: directory,
            """
            put("out.des", seal([File("ok", "1"), File("gone", "2", flags=DELETED), File("far", "3", flags=EXTERNAL),
                File("zipped", "4", flags=COMPRESSED), File("unknown", "5", flags=1 << 20)]))
            """)
        let result = try extract("out.des", to: "copy")
        #expect(result.status == 3, "\(result)")
        for name in ["gone", "far", "zipped", "unknown"] { #expect(result.errors.contains("\"\(name)\""), "\(result)") }
        #expect(try Files.names(in: directory["copy"]) == ["ok"])
    }

    @Test("of names that come twice in plain v1 the last one is extracted")
    func plainDuplicates() throws {
        let result = try extract(Repository.vectors + "/v1-duplicates.des", to: "copy")
        #expect(result.status == 0, "\(result)")
        let names = try Container.names(Repository.vectors + "/v1-duplicates.des")
        #expect(names.count == Set(names).count)
        for name in names {
            let body = try Command.des("cat", Repository.vectors + "/v1-duplicates.des", name).run().text
            #expect(try Files.text(directory["copy/\(name)"]) == body)
        }
    }

    @Test("containers of another implementation are extracted", arguments: ["one", "three", "thousand", "empty"])
    func foreign(name: String) throws {
        let container = "\(Repository.vectors)/foreign/\(name).des"
        let result = try extract(container, to: "copy")
        #expect(result.status == 0, "\(result)")
        let compared = try Repository.v1Reader("--compare", container, directory["copy"])
        #expect(compared.status == 0, "\(compared)")
        #expect(try Container.names(container).count == Snapshot(directory["copy"]).entryNames.count)
    }

    @Test("a full file system: what does not fit is reported and leaves no half file, the rest is extracted")
    func noSpace() throws {
        try directory.tree("tree", ["a": "1", "b": "2", "c": "3"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        let result = try Strace("write:error=ENOSPC", on: directory["copy/b"]).run(
            .des("extract", directory["out.des"], "-C", directory["copy"]))
        #expect(result.status == 3, "\(result)")
        #expect(result.errors.contains("copy/b: cannot write: No space left on device"), "\(result)")
        #expect(try Files.names(in: directory["copy"]) == ["a", "c"])
    }
}
