import ArgumentParser
import DESCore
import Glibc
import ServiceLifecycle
import Testing

@testable import DESRuntime

/// Each in a process of its own: it ends.
@Suite("How programs end")
struct ServiceProgramTests {
    /// A service that is done at once, or fails.
    private struct Brief: Service {
        var failure: DESError?

        func run() async throws { if let failure { throw failure } }
    }

    /// Runs a program of one such service.
    private static func run(_ arguments: [String] = [], failing failure: DESError? = nil) async throws -> Never {
        let options = try ServiceOptions.parse(arguments)
        await ServiceProgram.run("test", options, settings: [], flags: [:]) { _ in [Brief(failure: failure)] }
    }

    /// As if whoever reads `descriptor` had gone.
    private static func breakPipe(_ descriptor: Int32) throws {
        signal(SIGPIPE, SIG_DFL)
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        dup2(ends[1], descriptor)
        close(ends[0])
        close(ends[1])
    }

    @Test("done when its services are, with status 0 and a line of JSON")
    func done() async throws {
        let result = try await #require(
            processExitsWith: .exitCode(0), observing: [\.standardErrorContent, \.standardOutputContent]
        ) { try await ServiceProgramTests.run() }
        let lines = try parse(result.standardErrorContent)
        #expect(lines.last?["event"] == .string("service.stopped"))
        #expect(lines.allSatisfy { $0["logger"]?.stringValue == "test" })
    }

    @Test("what fails is logged, and the status says what a supervisor can do about it")
    func failures() async throws {
        let result = try await #require(processExitsWith: .exitCode(13), observing: [\.standardErrorContent]) {
            try await ServiceProgramTests.run(failing: DESError(.conflict, "taken", place: "127.0.0.1:1"))
        }
        let last = try parse(result.standardErrorContent).last
        #expect(last?["event"] == .string("service.failed") && last?["level"] == .string("critical"))
        #expect(last?["error"] == .string("127.0.0.1:1: taken"))
        await #expect(processExitsWith: .exitCode(12)) {
            try await ServiceProgramTests.run(failing: DESError(.unavailable, "disk"))
        }
        await #expect(processExitsWith: .exitCode(1)) {
            try await ServiceProgramTests.run(failing: DESError(.corrupt, "other"))
        }
    }

    @Test("a wrong configuration is reported in plain lines, with status 78")
    func wrongConfiguration() async throws {
        let result = try await #require(processExitsWith: .exitCode(78), observing: [\.standardErrorContent]) {
            try await ServiceProgramTests.run(["--set", "service.log-level=loud", "--set", "x.y=z"])
        }
        let lines = result.standardErrorContent.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("test: --set ") }, "\(lines)")
    }

    @Test("--print-config prints the settings and nothing else")
    func printConfiguration() async throws {
        let result = try await #require(
            processExitsWith: .exitCode(0), observing: [\.standardErrorContent, \.standardOutputContent]
        ) { try await ServiceProgramTests.run(["--print-config"]) }
        let text = String(decoding: result.standardOutputContent, as: UTF8.self)
        #expect(text.hasPrefix("service:\n  drain-timeout: 25s  # default\n"))
        // No line; there is a mark of the testing library.
        #expect(!result.standardErrorContent.contains(UInt8(ascii: "\n")))
    }

    @Test("who reads its output and is gone does not end it: the status is the same")
    func brokenPipes() async {
        await #expect(processExitsWith: .exitCode(0)) {
            try ServiceProgramTests.breakPipe(2)
            try await ServiceProgramTests.run()
        }
        await #expect(processExitsWith: .exitCode(78)) {
            try ServiceProgramTests.breakPipe(2)
            try await ServiceProgramTests.run(["--set", "x.y=z"])
        }
        await #expect(processExitsWith: .exitCode(1)) {
            try ServiceProgramTests.breakPipe(1)
            try await ServiceProgramTests.run(["--print-config"])
        }
    }
}
