import DESCore
import Glibc
import Testing

@Suite("Exit statuses and streams")
struct ExitStatusTests {
    private let directory: TemporaryDirectory
    private let container: String

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
        try directory.tree("tree", ["a.txt": "one", "b.txt": "two"])
        try Container.pack(directory["tree"], to: container)
    }

    /// Runs `des` below the directory; the tree, the container and a damaged copy lie there.
    private func run(_ arguments: [String]) throws -> Command.Result {
        var bytes = try Files.read(container)
        bytes[16] ^= 1
        try Files.write(directory["damaged.des"], bytes)
        var command = Command.des(in: directory.path)
        command.arguments = arguments
        return try command.run()
    }

    /// One real cause for every status.
    static let failures: [(Int32, [String])] = [
        (1, ["ls", "tree"]),
        (3, ["pack", "tree", "/dev/null", "-o", "new.des"]),
        (10, ["cat", "out.des", "none"]),
        (10, ["ls", "none.des"]),
        (11, ["cat", "damaged.des", "a.txt"]),
        (11, ["verify", "out.des", "damaged.des"]),
        (11, ["verify", "damaged.des", "none.des"]),
        (11, ["verify", "none.des", "damaged.des", "out.des"]),
        (13, ["pack", "tree", "-o", "out.des"]),
        (13, ["extract", "out.des", "-C", "tree"]),
        (64, ["ls"]),
        (64, ["pack", "-o", "new.des"]),
        (64, ["pack", "tree", "-o", ""]),
        (64, ["extract", "out.des", "-C", ""]),
        (64, ["pack", "tree", "-0", "-o", "new.des"]),
        (64, ["pack", "tree", "tree", "--files-from", "x", "-o", "new.des"]),
        (64, ["pack", "tree", "-o", "-", "--json"]),
        (64, ["ls", "--sort", "age", "out.des"]),
        (64, ["no-such-verb"]),
    ]

    @Test("a failure has its exit status and a message on standard error, whatever the verb", arguments: failures)
    func failure(status: Int32, arguments: [String]) throws {
        let result = try run(arguments)
        #expect(result.status == status, "\(result)")
        #expect(!result.errors.isEmpty)
        // Findings are the data of verify.
        if arguments[0] != "verify" { #expect(result.output.isEmpty, "\(result)") }
    }

    @Test("a file system that refuses is status 12", arguments: ["ls", "cat", "info", "pack"])
    func unavailable(verb: String) throws {
        var command = Command.des(in: directory.path)
        command.arguments = verb == "pack" ? ["pack", "tree", "-o", "-"] : [verb, "out.des"]
        if verb == "cat" { command.arguments.append("a.txt") }
        let type = Files.status("/dev/full").map { $0.st_mode & S_IFMT }
        try #require(type == S_IFCHR, "this test needs the device /dev/full")
        command.output = .file("/dev/full")
        let result = try command.run()
        #expect(result.status == 12, "\(result)")
        #expect(result.errors.contains("standard output") && result.errors.contains("No space left"), "\(result)")
    }

    @Test(
        "success is status 0 with data on standard output only, and --quiet says nothing beside",
        arguments: [
            (["pack", "tree", "-o", "new.des"], false), (["pack", "tree", "-o", "-"], true), (["ls", "out.des"], true),
            (["cat", "out.des", "a.txt"], true), (["extract", "out.des", "-C", "copy"], false),
            (["info", "out.des"], true),
            (["verify", "out.des"], false),
        ] as [([String], Bool)])
    func success(arguments: [String], hasData: Bool) throws {
        let result = try run(arguments + ["--quiet"])
        #expect(result.status == 0, "\(result)")
        #expect(result.output.isEmpty == !hasData && result.errors.isEmpty, "\(result)")
    }

    @Test(
        "summaries are for people, on standard error; with --json they are an object on standard output",
        arguments: [
            ["pack", "tree", "-o", "new.des"], ["extract", "out.des", "-C", "copy"], ["verify", "out.des"],
        ])
    func summaries(arguments: [String]) throws {
        let people = try run(arguments + (arguments[0] == "verify" ? [] : ["--force"]))
        #expect(people.output.isEmpty && people.errors.contains("2 entries"), "\(people)")
        let program = try run(arguments + (arguments[0] == "verify" ? [] : ["--force"]) + ["--json"])
        #expect(program.errors.isEmpty, "\(program)")
        let summary = try #require(try program.json().last)
        #expect(summary["type"] == .string("summary"))
        let counts = [summary["packed"], summary["extracted"], summary["entries"]].compactMap { $0?.integerValue }
        #expect(counts == [2])
        #expect(try #require(summary["bytes"]?.integerValue) > 0)
    }

    @Test(
        "with --json an error is an object on standard error, with the exit status",
        arguments: [
            (1, "invalid-argument", ["ls", "tree"]), (10, "not-found", ["cat", "out.des", "none"]),
            (11, "corrupt", ["cat", "damaged.des", "a.txt"]), (13, "conflict", ["pack", "tree", "-o", "out.des"]),
        ] as [(Int32, String, [String])])
    func jsonErrors(status: Int32, code: String, arguments: [String]) throws {
        let result = try run(arguments + ["--json"])
        #expect(result.status == status && result.output.isEmpty, "\(result)")
        let errors = try result.jsonErrors()
        #expect(errors.count == 1)
        #expect(errors.first?["type"] == .string("error"))
        #expect(errors.first?["code"] == .string(code))
        #expect(errors.first?["exit_status"] == .integer(status))
        #expect(errors.first?["message"]?.stringValue?.isEmpty == false)
        #expect(errors.first?["place"]?.stringValue?.isEmpty == false)
        #expect((errors.first?["offset"]?.integerValue != nil) == (code == "corrupt"))
    }

    @Test("verify goes on after a container that is not there, and corrupt is the worst")
    func verifyMany() throws {
        let result = try run(["verify", "damaged.des", "none.des", "out.des"])
        #expect(result.status == 11, "\(result)")
        #expect(result.lines.contains { $0.hasPrefix("damaged.des: byte 16: ") }, "\(result)")
        #expect(result.errors.contains("none.des") && result.errors.contains("out.des: 2 entries"))
        #expect(try run(["verify", "none.des", "out.des"]).status == 10)
    }

    @Test("verify --json gives each finding with its offset")
    func verifyJSON() throws {
        let result = try run(["verify", "--json", "damaged.des"])
        let findings = try result.json().filter { $0["type"] == .string("finding") }
        #expect(result.status == 11 && findings.count == 2, "\(result)")
        #expect(findings.allSatisfy { $0["offset"] == .integer(16) && $0["archive"] == .string("damaged.des") })
        #expect(try result.json().last?["findings"] == .integer(2))
    }

    @Test("an existing container is refused untouched and replaced with --force, which replaces nothing else")
    func existingOutput() throws {
        let before = try Files.read(container)
        try Files.write(directory["tree/c.txt"], "three")
        let refused = try run(["pack", "tree", "-o", "out.des"])
        #expect(refused.status == 13 && refused.errors.contains("out.des") && refused.errors.contains("exists"))
        #expect(try Files.read(container) == before)
        #expect(!Files.exists(container + ".partial"))
        #expect(try run(["pack", "tree", "-o", "out.des", "--force"]).status == 0)
        #expect(try Container.names(container).count == 3)
        // As root it would even replace /dev/null by a file.
        let fifo = mkfifo(directory["pipe"], 0o600)
        try #require(fifo == 0)
        let isPipe = try run(["pack", "tree", "-o", "pipe", "--force"])
        #expect(isPipe.status == 13 && isPipe.errors.contains("pipe: "), "\(isPipe)")
        #expect(Files.status(directory["pipe"]).map { $0.st_mode & S_IFMT } == S_IFIFO)
        let isDirectory = try run(["pack", "tree", "-o", "tree", "--force"])
        #expect(isDirectory.status == 13 && isDirectory.errors.contains("directory"), "\(isDirectory)")
        #expect(!Files.exists(directory["tree.partial"]))
    }
}
