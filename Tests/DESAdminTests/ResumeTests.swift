import Glibc
import TestServers
import Testing

@Suite("Imports that were interrupted")
struct ResumeTests {
    /// What is imported when the kill comes.
    enum Input: String, CaseIterable, CustomTestStringConvertible {
        case json, csv, directory
        var testDescription: String { rawValue }
    }

    private static let rowCount = 60

    /// Makes the input: its argument and its rows' sources.
    private func make(_ input: Input, in directory: TemporaryDirectory) throws -> String {
        let numbers = 100..<(100 + ResumeTests.rowCount)
        switch input {
        case .json:
            // One line is no row, so lines and rows differ.
            let lines = numbers.map { "{\"source\":\"s\($0)\"}\n" + ($0 == 120 ? "bad\n" : "") }
            try Files.write(directory["in.jsonl"], lines.joined())
            return "in.jsonl"
        case .csv:
            try Files.write(directory["in.csv"], "source,size\r\n" + numbers.map { "\"s\n\($0)\",1\r\n" }.joined())
            return "in.csv"
        case .directory:
            for number in numbers { try Files.write(directory["in/\(number % 7)/\(number)"], "x") }
            return "file://\(directory["in"])/"
        }
    }

    @Test(
        "killed at any message or sync, the next run goes on, and every row is there once",
        arguments: TestCatalog.Kind.allCases, Input.allCases)
    func killed(kind: TestCatalog.Kind, input: Input) async throws {
        let catalog = try await TestCatalog.migrated(kind)
        let argument = try make(input, in: catalog.directory)
        let calls = kind == .postgres ? "sendto" : "fdatasync,fsync"
        var (resumedCount, callCount) = (0, 3)
        while true {
            _ = try await catalog.query("DELETE FROM des_queue")
            _ = try await catalog.query("DELETE FROM des_imports")
            let whole = catalog.command(["catalog", "import", argument, "--batch-size", "10"])
            let killed = try ResumeTests.traced(whole, calls, signal: "KILL", when: callCount).run()
            guard killed.status == -SIGKILL else {
                #expect(killed.status == (input == .json ? 3 : 0), "\(killed)")
                break
            }
            let isKnown = try await catalog.count("des_imports") == 1
            let before = try await catalog.count("des_queue") ?? -1
            #expect(isKnown == (before > 0))
            let again = try whole.run()
            #expect([0, 3].contains(again.status), "\(again)")
            #expect(again.errors.contains("was interrupted after") == isKnown, "\(again)")
            if isKnown {
                // Nothing that was queued is read again.
                #expect(again.errors.contains("\(ResumeTests.rowCount - before) new"), "\(again)")
                resumedCount += 1
            }
            #expect(try await catalog.count("des_queue") == ResumeTests.rowCount)
            #expect(
                try await catalog.query("SELECT count(DISTINCT source) FROM des_queue") == "\(ResumeTests.rowCount)")
            #expect(try await catalog.count("des_imports") == 0)
            callCount += 4
        }
        #expect(resumedCount > 0, "no kill met an import that had begun")
    }

    @Test("a signal lets the batch under way be written, and the next run goes on", arguments: [3, 4, 5, 6])
    func interruptedBetween(callCount: Int) async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let argument = try make(.csv, in: catalog.directory)
        let whole = catalog.command(["catalog", "import", argument, "--batch-size", "10"])
        let stopped = try ResumeTests.traced(whole, "fdatasync,fsync", signal: "TERM", when: callCount).run()
        #expect(stopped.status == 128 + SIGTERM && stopped.errors.contains("goes on from here"), "\(stopped)")
        let before = try await catalog.count("des_queue") ?? -1
        #expect(before > 0 && before < ResumeTests.rowCount && before % 10 == 0)
        let again = try whole.run()
        #expect(again.status == 0 && again.errors.contains("was interrupted after \(before) rows"), "\(again)")
        let rest = ResumeTests.rowCount - before
        #expect(again.errors.hasSuffix("\(rest) rows read, \(rest) new, 0 bad\n"), "\(again)")
    }

    /// Opening a pipe that nobody writes to waits for somebody who does; a signal must not.
    @Test("a signal ends an import that waits for a pipe", .timeLimit(.minutes(1)))
    func interruptedPipe() async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        try #require(mkfifo(catalog.directory["pipe.jsonl"], 0o600) == 0)
        let running = try catalog.command(["catalog", "import", "pipe.jsonl"]).start()
        let (opened, deadline) = ("/proc/\(running.pid)/fd", ContinuousClock.now + .seconds(20))
        let path = catalog.directory["pipe.jsonl"]
        var isOpen = false
        while !isOpen, !running.hasEnded, .now < deadline {
            // Descriptors are few, and taken from the lowest up.
            isOpen = (0..<64).contains { Files.target(of: "\(opened)/\($0)") == path }
        }
        // Once: a second signal ends the process wherever it is.
        running.send(isOpen ? SIGTERM : SIGKILL)
        let result = try running.wait()
        #expect(isOpen && result.status == 128 + SIGTERM, "\(result)")
    }

    /// The same under strace, which sends it a signal at a call of a thread.
    private static func traced(_ command: Command, _ calls: String, signal: String, when count: Int) throws -> Command {
        var traced = command
        traced.program = try Tool.strace.path()
        traced.arguments = ["-f", "-q", "-o", "/dev/null", "-e", "trace=\(calls)"]
        traced.arguments += ["-e", "inject=\(calls):signal=\(signal):when=\(count)", "--", command.program]
        traced.arguments += command.arguments
        return traced
    }

    /// A catalog with an import that stopped at a bad line.
    private func stopped() async throws -> TestCatalog {
        let catalog = try await TestCatalog.migrated(.sqlite)
        try Files.write(
            catalog.directory["a.jsonl"], "{\"source\":\"1\"}\n{\"source\":\"2\"}\nbad\n{\"source\":\"4\"}\n")
        try #require(try catalog.run("catalog", "import", "a.jsonl", "--strict").status == 1)
        try #require(try await catalog.count("des_imports") == 1)
        return catalog
    }

    @Test("a file that is another one now is read from its start")
    func changed() async throws {
        let catalog = try await stopped()
        try Files.write(catalog.directory["a.jsonl"], "{\"source\":\"1\"}\n{\"source\":\"2\"}\n{\"source\":\"3\"}\n")
        let result = try catalog.run("catalog", "import", "a.jsonl")
        #expect(result.status == 0 && result.errors.contains("has changed"), "\(result)")
        #expect(result.errors.hasSuffix("3 rows read, 1 new, 0 bad\n"), "\(result)")
    }

    @Test("--restart begins anew, without it the import goes on at the line where it stopped")
    func restart() async throws {
        let first = try await stopped()
        let resumed = try first.run("catalog", "import", "a.jsonl")
        #expect(resumed.errors.contains("goes on at line 3, byte 30"), "\(resumed)")
        #expect(resumed.errors.hasSuffix("2 rows read, 1 new, 1 bad\n"), "\(resumed)")
        let second = try await stopped()
        let restarted = try second.run("catalog", "import", "a.jsonl", "--restart")
        #expect(!restarted.errors.contains("goes on"), "\(restarted)")
        #expect(restarted.errors.hasSuffix("4 rows read, 1 new, 1 bad\n"), "\(restarted)")
    }

    @Test("SIGINT and SIGTERM end an import that waits for a pipe", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        let pipe = catalog.directory["in.jsonl"]
        try #require(mkfifo(pipe, 0o600) == 0)
        let running = try catalog.command(["catalog", "import", pipe]).start()
        // Opens when the other end does; by then signals are noted.
        let writer = open(pipe, O_WRONLY | O_CLOEXEC)
        try #require(writer >= 0)
        defer { close(writer) }
        running.send(signal)
        let result = try running.wait()
        #expect(result.status == 128 + signal && result.errors.contains("interrupted"), "\(result)")
    }
}
