import Glibc
import Testing

@Suite("Pipes, terminals and closed streams")
struct StreamTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A container whose list is far larger than a pipe holds.
    private func makeLargeListing() throws -> String {
        try Repository.forge(
            in: directory,
            """
            put("big.des", seal([File(f"{'directory/' * 10}{i}", "") for i in range(4000)]))
            """)
        return directory["big.des"]
    }

    @Test("des ls | head ends quietly by SIGPIPE")
    func head() throws {
        let container = try makeLargeListing()
        let script = "\"$1\" ls \"$2\" | head -n 1; echo ${PIPESTATUS[0]}"
        let result = try Command.tool(.bash, ["-c", script, "bash", DESProgram.path, container]).run()
        #expect(result.lines.count == 2 && result.lines.last == "\(128 + SIGPIPE)", "\(result)")
        #expect(result.errors.isEmpty, "\(result)")
    }

    @Test(
        "a pipe that nobody reads ends every verb by SIGPIPE, without a word", arguments: ["ls", "cat", "info", "pack"])
    func brokenPipe(verb: String) throws {
        try directory.tree("tree", ["a": "1"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        var command = Command.des(verb, directory["out.des"])
        if verb == "cat" { command.arguments.append("a") }
        if verb == "pack" { command.arguments = ["pack", directory["tree"], "-o", "-"] }
        command.output = .broken
        let result = try command.run()
        #expect(result.status == -SIGPIPE && result.errors.isEmpty, "\(result)")
    }

    @Test("closed standard streams never become the container: it is written whole, and faults still count")
    func closedStreams() throws {
        try directory.tree("tree", ["a": "1", "b": "2"])
        #expect(mkfifo(directory["tree/pipe"], 0o600) == 0)
        for closed in ["0<&-", "1>&-", "2>&-", "0<&- 1>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"] {
            let script = "exec \"$0\" pack \"$1\" --force -o \"$2\" \(closed)"
            let arguments = ["-c", script, DESProgram.path, directory["tree"], directory["out.des"]]
            let result = try Command.tool(.bash, arguments).run()
            #expect(result.status == 3, "\(closed): \(result)")
            try Container.expectClean(directory["out.des"])
            #expect(try Container.names(directory["out.des"]) == ["a", "b"], "\(closed)")
            Files.remove(directory["out.des"])
        }
    }

    @Test(
        "data for a closed standard output is a failure, not a success without data", arguments: ["ls", "cat", "pack"])
    func closedOutput(verb: String) throws {
        try directory.tree("tree", ["a": "1"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        let arguments = ["ls": "ls out.des", "cat": "cat out.des a", "pack": "pack tree -o -"]
        let script = "exec \"$0\" \(arguments[verb] ?? "") 1>&-"
        let result = try Command.tool(.bash, ["-c", script, DESProgram.path], in: directory.path).run()
        #expect(result.status == 12 && result.errors.contains("standard output: cannot"), "\(result)")
    }

    @Test("closed standard streams never become an extracted file")
    func closedStreamsOfExtract() throws {
        try Repository.forge(
            in: directory,
            """
            put("out.des", seal([File("../a", "1"), File("b", "2" * 10), File("../c", "3"), File("d", "4" * 10)]))
            """)
        let script = "exec \"$0\" extract \"$1\" -C \"$2\" 0<&- 1>&- 2>&-"
        let arguments = ["-c", script, DESProgram.path, directory["out.des"], directory["copy"]]
        let result = try Command.tool(.bash, arguments).run()
        #expect(result.status == 3, "\(result)")
        #expect(try Files.text(directory["copy/b"]) == "2222222222")
        #expect(try Files.text(directory["copy/d"]) == "4444444444")
    }

    /// Runs `des` with both streams on a terminal and prints what came out of it.
    private func onTerminal(_ arguments: [String]) throws -> Command.Result {
        let program = """
            import os, pty, sys
            pid, terminal = pty.fork()
            if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
            out = b""
            while True:
                try: piece = os.read(terminal, 65536)
                except OSError: break
                if not piece: break
                out += piece
            sys.stdout.buffer.write(out)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """
        return try Command.tool(.python3, ["-ISBc", program, DESProgram.path] + arguments).run()
    }

    @Test("a name on a terminal cannot steer it; in a pipe it is as it is")
    func terminalNames() throws {
        let name = "a\u{1B}[31mb\u{9B}c"
        try Files.write(directory["tree/\(name)"], "1")
        try Container.pack(directory["tree"], to: directory["out.des"])
        let shown = try onTerminal(["ls", directory["out.des"]])
        #expect(shown.status == 0 && shown.text == #""a\u{1b}[31mb\u{9b}c""# + "\r\n", "\(shown)")
        #expect(try Command.des("ls", directory["out.des"]).run().text == name + "\n")
    }

    @Test("progress with rate is shown on a terminal, and cleared before the summary")
    func progress() throws {
        try Files.write(directory["tree/a"], [UInt8](repeating: 1, count: 1 << 20))
        // Nobody reads the container until progress was seen, so the work cannot be over before that.
        let program = """
            import os, pty, subprocess, sys
            terminal, other = pty.openpty()
            des = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=other)
            os.close(other)
            shown = b""
            while b"files/s" not in shown: shown += os.read(terminal, 4096)
            des.stdout.read()
            while True:
                try: shown += os.read(terminal, 4096)
                except OSError: break
            sys.stdout.buffer.write(shown)
            sys.exit(des.wait())
            """
        let arguments = ["-ISBc", program, DESProgram.path, "pack", directory["tree"], "-o", "-"]
        let result = try Command.tool(.python3, arguments).run()
        #expect(result.status == 0, "\(result)")
        let parts = result.text.split(separator: "\r\u{1B}[K", omittingEmptySubsequences: false)
        #expect(parts.first?.hasPrefix("packed ") == true && parts.count > 1, "\(parts)")
        #expect(parts.last?.hasPrefix("packed 1 entries") == true, "\(parts)")
    }

    @Test("without a terminal there is the summary alone, and with --quiet nothing on a terminal either")
    func noProgress() throws {
        try directory.tree("tree", ["a": "1"])
        let piped = try Container.pack(directory["tree"], to: directory["piped.des"])
        #expect(!piped.errors.contains("\u{1B}") && piped.errors.split(separator: "\n").count == 1, "\(piped)")
        let quiet = try onTerminal(["pack", directory["tree"], "-o", directory["quiet.des"], "--quiet"])
        #expect(quiet.status == 0 && quiet.output.isEmpty, "\(quiet)")
    }

    @Test("a container is not written to a terminal")
    func containerToTerminal() throws {
        try directory.tree("tree", ["a": "1"])
        let result = try onTerminal(["pack", directory["tree"], "-o", "-"])
        #expect(result.status == 1 && result.text.contains("terminal") && !result.text.contains("DESHEAD"), "\(result)")
    }

    @Test("control characters of a file name are escaped in a message")
    func messages() throws {
        try Files.makeDirectory(directory["tree"])
        #expect(mkfifo(directory["tree/a\u{1B}]0;x\u{7}\nforged: line\u{9B}"], 0o600) == 0)
        let result = try Container.pack(directory["tree"], to: directory["out.des"], status: 3)
        #expect(result.errors.contains(#"a\u{1b}]0;x\u{7}\u{a}forged: line\u{9b}"#), "\(result)")
        #expect(!result.errors.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x9B }, "\(result)")
    }
}
