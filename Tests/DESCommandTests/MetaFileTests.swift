import DESCore
import Glibc
import Testing

@Suite("pack --meta")
struct MetaFileTests {
    private let directory: TemporaryDirectory
    private let container: String

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
        try directory.tree("tree", ["a.txt": "1", "sub/b.txt": "22"])
        try Files.link(directory["tree/link"], to: "a.txt")
    }

    private func pack(meta: String, status: Int32, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        try Files.write(directory["meta.jsonl"], meta)
        return try Container.pack(
            directory["tree"], to: container, options: ["--meta", directory["meta.jsonl"]], status: status,
            sourceLocation: sourceLocation
        ).errors
    }

    @Test("members are kept as they are written, before our own; size stays the body's")
    func applied() throws {
        let meta = #"{"tags":["x",{"y":null}],"n":12345678901234567890,"e":1e3,"size":9,"mime":"x/y"}"#
        _ = try pack(meta: #"{"name":"sub/b.txt","meta":\#(meta)}"# + "\n\n", status: 0)
        let kept = try Container.meta(container, "sub/b.txt")
        guard case .object(let members) = kept else { throw DESError(.corrupt, "META is no object") }
        #expect(members.map(\.key) == ["tags", "n", "e", "mime", "mode", "mtime", "size"])
        #expect(kept["n"] == .number("12345678901234567890"))
        #expect(kept["e"] == .number("1e3"))
        #expect(kept["mime"] == .string("x/y"))
        #expect(kept["size"] == .integer(2))
        #expect(try Container.meta(container, "a.txt")["tags"] == nil)
        try Container.expectClean(container)
        #expect(try Repository.v1Reader("--compare", container, directory["tree"]).status == 0)
    }

    @Test("a mode and a time of the user's are the ones that are restored")
    func restored() throws {
        _ = try pack(
            meta: #"{"name":"a.txt","meta":{"mode":384,"mtime":"2001-09-09T01:46:40.000000007Z"}}"#, status: 0)
        #expect(try Command.des("extract", container, "-C", directory["copy"], "a.txt").run().status == 0)
        let status = try #require(Files.status(directory["copy/a.txt"]))
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(status.st_mtim.tv_sec == 1_000_000_000 && status.st_mtim.tv_nsec == 7)
    }

    @Test("a name that is not packed is reported: exit status 3")
    func unknownName() throws {
        let meta = #"{"name":"a.txt","meta":{"k":1}}"# + "\n" + #"{"name":"not/here","meta":{"k":1}}"# + "\n"
        let errors = try pack(meta: meta, status: 3)
        #expect(errors.contains("not/here"))
        #expect(!errors.contains("a.txt"))
        #expect(try Container.meta(container, "a.txt")["k"] == .integer(1))
    }

    @Test(
        "a line that is wrong is said with its number, and nothing is written",
        arguments: [
            "{\"name\":\"a.txt\"", "[]", "{\"name\":\"a.txt\"}", "{\"name\":1,\"meta\":{}}",
            "{\"name\":\"a\",\"meta\":[]}",
            "{\"name\":\"\",\"meta\":{}}", "{\"name\":\"first\",\"meta\":{}}", "\u{0}",
        ])
    func malformed(line: String) throws {
        let errors = try pack(meta: "{\"name\":\"first\",\"meta\":{}}\n\n" + line + "\n{}\n", status: 1)
        #expect(errors.contains("meta.jsonl") && errors.contains("line 3"), "\(errors)")
        #expect(!Files.exists(container))
        #expect(!Files.exists(container + ".partial"))
    }

    @Test("a file that is not there ends it before anything is written")
    func missing() throws {
        let result = try Container.pack(directory["tree"], to: container, options: ["--meta", "no-meta"], status: 10)
        #expect(result.errors.contains("no-meta"))
        #expect(!Files.exists(container))
    }

    @Test("the type is not the user's to change: a file stays a file")
    func typeOfFile() throws {
        _ = try pack(meta: #"{"name":"a.txt","meta":{"type":"symlink"}}"#, status: 0)
        #expect(try Command.des("extract", container, "-C", directory["copy"]).run().status == 0)
        let difference = try Snapshot(directory["tree"]).differences(to: try Snapshot(directory["copy"]))
        #expect(difference == [])
    }

    @Test(
        "no name occurs twice in META, whatever the user's has",
        arguments: [
            ("link", #"{"type":"x"}"#), ("a.txt", #"{"mode":1,"mode":2}"#),
        ])
    func noNameTwice(name: String, meta: String) throws {
        // Refusing such a line is right too.
        try Files.write(directory["meta.jsonl"], #"{"name":"\#(name)","meta":\#(meta)}"#)
        let result = try Command.des(
            "pack", directory["tree"], "-o", container, "--meta", directory["meta.jsonl"]
        ).run()
        if result.status == 1, result.errors.contains("line 1") { return }
        #expect(result.status == 0, "\(result)")
        guard case .object(let members) = try Container.meta(container, name) else {
            throw DESError(.corrupt, "META is no object")
        }
        #expect(Set(members.map(\.key)).count == members.count, "\(members)")
    }
}
