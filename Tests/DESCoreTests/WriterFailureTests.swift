import Glibc
import Testing

@testable import DESCore

@Suite("Writers that fail")
struct WriterFailureTests {
    private struct SinkFailure: Error {}

    /// Fails at its `failingCall`-th call and notes what it is asked to do after that.
    private final class FailingSink: ByteSink {
        private let failingCall: Int
        private(set) var callCount = 0
        private(set) var isCommitted = false

        init(failingCall: Int) { self.failingCall = failingCall }

        private func call() throws {
            callCount += 1
            if callCount == failingCall { throw SinkFailure() }
        }

        func write(_ bytes: RawSpan) throws { try call() }

        func abandon() {}

        func commit(tail: [UInt8], byteCount: Int) throws {
            try call()
            isCommitted = true
        }
    }

    /// Writes entries in every way there is; after the first failure all else must be refused.
    /// - Returns: whether the sink failed.
    private func write(to sink: FailingSink) throws -> Bool {
        var hasFailed = false
        func step(_ body: () throws -> Void) {
            do {
                try body()
                #expect(!hasFailed, "a writer that failed accepts nothing more")
            } catch is SinkFailure {
                #expect(!hasFailed)
                hasFailed = true
            } catch {
                #expect(hasFailed)
                #expect((error as? DESError)?.code == .unavailable)
            }
        }
        var writer: ContainerWriter
        do { writer = try ContainerWriter(to: sink) } catch is SinkFailure { return true }
        let body = [UInt8](repeating: 1, count: 10)
        for number in 0..<3 {
            step { try writer.append(EntryName("single\(number)"), body: body.span.bytes) }
        }
        var batch = EntryBatch()
        for number in 0..<70 { try batch.append(EntryName("batch\(number % 69)"), body: body.span.bytes) }
        step { try writer.append(batch) }
        step { try writer.append(EntryName("stream"), byteCount: 5 << 19) { $0.count } }
        step { try writer.append(EntryName("last"), body: body.span.bytes) }
        do {
            _ = try writer.seal()
            #expect(!hasFailed)
        } catch is SinkFailure {
            #expect(!hasFailed)
            hasFailed = true
        } catch {
            #expect(hasFailed)
            #expect((error as? DESError)?.code == .unavailable)
        }
        return hasFailed
    }

    @Test("whichever write fails, the error comes through, all else is refused and nothing is committed")
    func everyWrite() throws {
        let whole = FailingSink(failingCall: .max)
        #expect(try !write(to: whole))
        #expect(whole.isCommitted)
        #expect(whole.callCount > 12)
        for call in 1...whole.callCount {
            let sink = FailingSink(failingCall: call)
            #expect(try write(to: sink), "call \(call)")
            #expect(!sink.isCommitted, "call \(call)")
            #expect(sink.callCount == call, "the sink was used after it had failed")
        }
    }

    @Test("META that cannot be spilled fails the writer, and the error says where")
    func spillFails() throws {
        let directory = try TemporaryDirectory()
        var options = ContainerWriter.Options()
        options.spillDirectory = directory / "missing"
        let sink = MemorySink()
        var writer = try ContainerWriter(to: sink, options: options)
        let digits = JSON.number(String(repeating: "1", count: 2 << 20))
        let error = #expect(throws: DESError.self) {
            try writer.append(EntryName("a"), meta: { $0.set("n", digits) }, body: [UInt8]().span.bytes)
        }
        #expect(error?.place == directory / "missing")
        let isUsable = writer.isUsable
        #expect(!isUsable)
        #expect(errorCode { try writer.append(EntryName("b"), body: [UInt8]().span.bytes) } == .unavailable)
        do {
            _ = try writer.seal()
            Issue.record("sealed after a failure")
        } catch { #expect((error as? DESError)?.code == .unavailable) }
        #expect(!sink.isCommitted)
    }

    @Test("a full disk is an error with the path and the reason")
    func fullDisk() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let sink = try PipeSink(descriptor: full, name: "/dev/full")
        let error = #expect(throws: DESError.self) { _ = try ContainerWriter(to: sink) }
        #expect(error?.code == .unavailable)
        #expect(error?.place == "/dev/full")
        #expect(error?.message.contains(DESError.reason(ENOSPC)) ?? false)
    }

    @Test("a pipe gets the same bytes as memory does")
    func pipe() throws {
        let directory = try TemporaryDirectory()
        let file = open(directory / "out", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        try TestContainer.write(TestContainer.mixed, to: PipeSink(descriptor: file, name: "out"))
        #expect(try directory.read("out") == TestContainer.bytes(of: TestContainer.mixed))
        #expect(fcntl(file, F_GETFD) >= 0, "the descriptor is the caller's")
        #expect(errorCode { try PipeSink(descriptor: -1, name: "none") } == .unavailable)
    }
}
