import Glibc
import Testing

/// Packs that stand still in the middle of their work: they have more to report than the pipe of standard error holds,
/// and nobody reads it. So signals and other packs meet them at a known place, without a guess about time.
@Suite("Interrupted packs, and two at once")
struct InterruptionTests {
    private let directory: TemporaryDirectory
    private let container: String
    private static let pipeCount = 300

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
        try directory.tree("tree", ["a": "1", "z": "2"])
        let long = String(repeating: "-", count: 200)
        for number in 0..<InterruptionTests.pipeCount {
            try #require(mkfifo(directory["tree/pipe\(number)\(long)"], 0o600) == 0)
        }
    }

    /// A pack that has its spool file and stands still.
    private func startHeld(_ options: String...) throws -> RunningCommand {
        var command = Command.des("pack", directory["tree"], "-o", container)
        command.arguments += options
        let running = try command.start()
        _ = try running.readErrors(100)
        #expect(Files.exists(container + ".partial"))
        return running
    }

    @Test(
        "SIGINT, SIGTERM and SIGHUP leave nothing behind; the exit status is 128 and the signal's number",
        arguments: [SIGINT, SIGTERM, SIGHUP])
    func interrupted(signal: Int32) throws {
        for _ in 0..<3 {
            let running = try startHeld()
            running.send(signal)
            let result = try running.wait()
            #expect(result.status == 128 + signal, "status \(result.status)")
            #expect(try Files.names(in: directory.path) == ["tree"])
        }
    }

    @Test(
        "a signal that comes while the spool file is made leaves nothing behind",
        arguments: ["openat", "flock", "ftruncate"], [SIGTERM, SIGINT])
    func interruptedAtStart(call: String, signal: Int32) throws {
        // The signal comes when the call is entered, and is handled when the call is done.
        let strace = Strace("\(call):signal=\(signal):when=1", on: container + ".partial", "out.des.partial")
        for options in [[], ["--force"]] {
            var command = Command.des("pack", directory["tree"], "-o", container)
            command.arguments += options
            let result = try strace.run(command)
            #expect(result.status == 128 + signal, "\(result)")
            #expect(try Files.names(in: directory.path) == ["tree"])
        }
    }

    @Test("an interrupted pack leaves a file alone that has taken the name of its spool file", arguments: [SIGTERM])
    func interruptedReplaced(signal: Int32) throws {
        let running = try startHeld()
        Files.remove(container + ".partial")
        try Files.write(container + ".partial", "somebody else's")
        running.send(signal)
        #expect(try running.wait().status == 128 + signal)
        #expect(try Files.text(container + ".partial") == "somebody else's")
    }

    @Test("an interrupted pack leaves the container it was to replace", arguments: [SIGINT, SIGTERM])
    func interruptedReplacing(signal: Int32) throws {
        try Files.write(container, "an older container")
        let running = try startHeld("--force")
        running.send(signal)
        #expect(try running.wait().status == 128 + signal)
        #expect(try Files.text(container) == "an older container")
        #expect(try Files.names(in: directory.path) == ["out.des", "tree"])
    }

    @Test("a signal that is ignored from the start, as by nohup, stays ignored", arguments: ["HUP", "INT"])
    func ignored(signal: String) throws {
        let script = "trap '' \(signal); exec \"$0\" pack \"$1\" -o \"$2\""
        let running = try Command.tool(.bash, ["-c", script, DESProgram.path, directory["tree"], container]).start()
        _ = try running.readErrors(100)
        running.send(signal == "HUP" ? SIGHUP : SIGINT)
        let result = try running.wait()
        #expect(result.status == 3, "status \(result.status)")
        try Container.expectClean(container)
    }

    @Test("a pack into a pipe ends by the signal")
    func interruptedPipe() throws {
        let running = try Command.des("pack", directory["tree"], "-o", "-").start()
        _ = try running.readErrors(100)
        running.send(SIGTERM)
        let result = try running.wait()
        #expect([-SIGTERM, 128 + SIGTERM].contains(result.status), "status \(result.status)")
    }

    @Test("while one pack writes a container a second one is refused, and harms nothing", arguments: [[], ["--force"]])
    func second(options: [String]) throws {
        let first = try startHeld()
        var command = Command.des("pack", directory["tree"], "-o", container)
        command.arguments += options
        command.secondsMax = 30
        for _ in 0..<3 {
            let second = try command.run()
            #expect(second.status == 13 && second.errors.contains("another process is writing"), "\(second)")
        }
        #expect(Files.exists(container + ".partial"))
        let result = try first.wait()
        #expect(result.status == 3 && result.errors.contains("\(InterruptionTests.pipeCount) left out"))
        try Container.expectClean(container)
        #expect(try Container.names(container) == ["a", "z"])
        #expect(try Files.names(in: directory.path) == ["out.des", "tree"])
    }

    @Test("a pack that was killed holds nobody up: the next one takes over its spool file")
    func killed() throws {
        let first = try startHeld()
        first.send(SIGKILL)
        #expect(try first.wait().status == -SIGKILL)
        #expect(Files.exists(container + ".partial"))
        try Container.pack(directory["tree"], to: container, options: ["--exclude", "pipe*"])
        try Container.expectClean(container)
        #expect(try Files.names(in: directory.path) == ["out.des", "tree"])
    }

    @Test("a container that appears meanwhile is not replaced")
    func appears() throws {
        let running = try startHeld()
        try Files.write(container, "somebody else's")
        let result = try running.wait()
        #expect(result.status == 13 && result.errors.contains("out.des"), "status \(result.status)")
        #expect(try Files.text(container) == "somebody else's")
        #expect(!Files.exists(container + ".partial"))
    }

    @Test("of two packs at once exactly one writes the container, the other is refused")
    func race() throws {
        let tree = try directory.tree("small", ["a": "1", "b": "2"])
        for round in 0..<10 {
            let both = try (0..<2).map { _ in try Command.des("pack", tree, "-o", container).start() }
            let results = try both.map { try $0.wait() }
            #expect(results.map(\.status).sorted() == [0, 13], "round \(round): \(results)")
            try Container.expectClean(container)
            #expect(try Container.names(container) == ["a", "b"])
            #expect(!Files.exists(container + ".partial"))
            Files.remove(container)
        }
    }
}
