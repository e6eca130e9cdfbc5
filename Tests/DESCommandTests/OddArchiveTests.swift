import Glibc
import Testing

@Suite("Archives that are no containers")
struct OddArchiveTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    static let verbs = ["ls", "cat", "extract", "info", "verify"]

    private func command(_ verb: String, _ archive: String) -> Command {
        var command = Command.des(verb, archive, in: directory.path)
        if verb == "cat" { command.arguments.append("name") }
        if verb == "extract" { command.arguments += ["-C", directory["copy"]] }
        return command
    }

    @Test(
        "a directory, a device and a file that is not there are refused by name",
        arguments: [
            (".", 1, "not a regular file"), ("/dev/null", 1, "not a regular file"), ("missing.des", 10, "No such file"),
            ("text/missing.des", 10, "Not a directory"), ("text", 11, "too few"), ("empty", 11, "too few"),
            ("loop", 12, "symbolic links"),
        ] as [(String, Int32, String)])
    func refused(archive: String, status: Int32, message: String) throws {
        try Files.write(directory["text"], "this is text")
        try Files.write(directory["empty"], "")
        try Files.link(directory["loop"], to: "loop")
        for verb in OddArchiveTests.verbs {
            let result = try command(verb, archive).run()
            #expect(result.status == status, "\(result)")
            #expect(
                (result.errors + result.text).contains("\(archive): ")
                    && (result.errors + result.text).contains(message))
            if verb != "verify" { #expect(result.output.isEmpty, "\(result)") }
        }
        #expect(!Files.exists(directory["copy"]))
    }

    @Test("a pipe is refused at once: nothing waits for its other end")
    func pipe() throws {
        #expect(mkfifo(directory["pipe"], 0o600) == 0)
        let running = try OddArchiveTests.verbs.map { verb in
            var command = command(verb, "pipe")
            command.secondsMax = 15
            return try command.start()
        }
        for command in running {
            let result = try command.wait()
            #expect(result.status == 1 && result.errors.contains("pipe: not a regular file"), "\(result)")
        }
    }

    @Test("a container that may not be read is status 12, with the reason", arguments: verbs)
    func unreadable(verb: String) throws {
        try directory.tree("tree", ["name": "1"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        let result = try Strace(
            "openat:error=EACCES", on: directory["out.des"]
        ).run(command(verb, directory["out.des"]))
        #expect(result.status == 12, "\(result)")
        #expect(result.errors.contains("out.des: cannot open: Permission denied"), "\(result)")
    }

    @Test("a container that cannot be read half way is status 12, with the reason", arguments: verbs)
    func readError(verb: String) throws {
        try directory.tree("tree", ["name": "1"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        let result = try Strace(
            "read,pread64,readv,preadv,preadv2:error=EIO", on: directory["out.des"]
        ).run(command(verb, directory["out.des"]))
        #expect(result.status == 12, "\(result)")
        #expect(result.errors.contains("out.des: cannot read: Input/output error"), "\(result)")
    }

    @Test("a container is found through a link")
    func link() throws {
        try directory.tree("tree", ["name": "1"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        try Files.link(directory["link"], to: "out.des")
        for verb in OddArchiveTests.verbs { #expect(try command(verb, "link").run().status == 0, "\(verb)") }
    }

    @Test(
        "sizes of external bodies whose sum exceeds 64 bits crash nothing",
        arguments: [
            ["info"], ["info", "--json"], ["ls", "-l"], ["ls", "--sort", "size"], ["verify"],
            ["extract", "-C", "copy"],
        ])
    func hugeSizes(verb: [String]) throws {
        try Repository.forge(
            in: directory,
            """
            def huge(files):
                for file in files: file.length = 2**63 - 1
            put("huge.des", seal([File(f"external{i}", "x", flags=EXTERNAL) for i in range(3)], edit=huge))
            """)
        var command = Command.des(in: directory.path)
        command.arguments = verb + ["huge.des"]
        let result = try command.run()
        #expect(result.status >= 0, "a crash: \(result)")
    }

    @Test("entries that share their bytes do not make a negative overhead")
    func sharedBodies() throws {
        try Repository.forge(
            in: directory,
            """
            put("shared.des", seal([File(f"name{i}", "x" * 1000) for i in range(300)], shared=True))
            """)
        let result = try Command.des("info", directory["shared.des"]).run()
        let overhead = try #require(result.lines.first { $0.hasPrefix("overhead") }, "\(result)")
        #expect(result.status == 0 && !overhead.contains("-"), "\(overhead)")
    }
}
