import DESCore
import Glibc
import Synchronization
import Testing

@testable import DESRuntime

@Suite("Who logs never waits for who reads")
struct LogWriterTests {
    private static func line(_ number: Int, thread: Int = 0, padding: Int = 0) -> [UInt8] {
        let rest = String(repeating: "x", count: padding)
        return Array(#"{"event":"e","thread":\#(thread),"number":\#(number),"rest":"\#(rest)"}"#.utf8) + [0x0A]
    }

    private func isDropped(_ line: JSON) -> Bool { line["event"]?.stringValue == "log.dropped" }

    /// Lines that were dropped according to the log.
    private func droppedCount(_ lines: [JSON]) -> Int {
        lines.filter(isDropped).reduce(0) { $0 + ($1["lines"]?.integerValue ?? 0) }
    }

    @Test("lines of many threads are whole, and those of each in order")
    func threads() throws {
        let pipe = try Pipe()
        let writer = try LogWriter(descriptor: pipe.input)
        let (threadCount, lineCount) = (8, 1_000)
        for thread in 0..<threadCount {
            try startThread {
                for number in 0..<lineCount { writer.write(LogWriterTests.line(number, thread: thread)) }
            }
        }
        let lines = try pipe.lines { $0.count == threadCount * lineCount }
        for thread in 0..<threadCount {
            let numbers = lines.filter { $0["thread"]?.integerValue == thread }.map { $0["number"]?.integerValue }
            #expect(numbers == Array(0..<lineCount))
        }
    }

    @Test("while nobody reads, lines are kept up to a bound, then dropped and counted; nobody blocks, nothing is torn")
    func dropped() throws {
        let pipe = try Pipe()
        let writer = try LogWriter(descriptor: pipe.input)
        // More than the bound, what the thread holds, and what a pipe takes.
        let count = 3 * LogWriter.lineCountMax
        for number in 0..<count { writer.write(LogWriterTests.line(number, padding: 200)) }
        writer.flush(seconds: 0)  // returns although nobody reads

        var lines = try pipe.lines { $0.count - $0.count(where: isDropped) + droppedCount($0) == count }
        #expect(droppedCount(lines) >= LogWriter.lineCountMax / 2)
        let numbers = lines.filter { !isDropped($0) }.compactMap { $0["number"]?.integerValue }
        // In their order; those from the start, as many as there is room for, are all there.
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(Array(numbers.prefix(LogWriter.lineCountMax)) == Array(0..<LogWriter.lineCountMax))
        let report = try #require(lines.first(where: isDropped))
        #expect(report["level"]?.stringValue == "warning" && report["logger"]?.stringValue == "log")
        #expect(report["time"]?.stringValue.flatMap(Timestamp.init) != nil)

        // Once it is read, nothing is dropped any more, and what was is not said again.
        writer.write(LogWriterTests.line(count))
        writer.flush(seconds: 60)
        lines = try parse(pipe.contents())
        #expect(lines.map { $0["number"]?.integerValue } == [count])
    }

    @Test("while nobody reads, long lines are dropped before they fill the memory")
    func droppedBytes() throws {
        let pipe = try Pipe()
        let writer = try LogWriter(descriptor: pipe.input)
        let (count, padding) = (500, 100_000)
        for number in 0..<count { writer.write(LogWriterTests.line(number, padding: padding)) }
        let lines = try pipe.lines { $0.count - $0.count(where: isDropped) + droppedCount($0) == count }
        // What waits, and what the thread had taken before.
        let kept = lines.count { !isDropped($0) }
        #expect(kept > 0 && kept * padding <= 2 * LogWriter.byteCountMax)
    }

    @Test("after a flush all that was logged has arrived")
    func flush() throws {
        let pipe = try Pipe()
        let writer = try LogWriter(descriptor: pipe.input)
        writer.flush(seconds: 60)
        for round in 0..<200 {
            writer.write(LogWriterTests.line(round))
            writer.write(LogWriterTests.line(round))
            writer.flush(seconds: 60)
            #expect(try parse(pipe.contents()).map { $0["number"]?.integerValue } == [round, round])
        }
    }

    // Whoever shares a terminal or a pipe with the process can make it so.
    @Test("a descriptor that does not block is waited for, and nothing is torn or lost")
    func nonblocking() throws {
        let pipe = try Pipe()
        #expect(fcntl(pipe.input, F_SETFL, O_NONBLOCK) == 0)
        let writer = try LogWriter(descriptor: pipe.input)
        for number in 0..<100 { writer.write(LogWriterTests.line(number, padding: 10_000)) }
        let lines = try pipe.lines { $0.count == 100 }
        #expect(lines.map { $0["number"]?.integerValue } == Array(0..<100))
    }

    @Test("lines that a device did not take are counted, and said once it takes some again")
    func failingDevice() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let writer = try LogWriter(descriptor: full)
        for number in 0..<3 { writer.write(LogWriterTests.line(number)) }
        writer.flush(seconds: 60)
        writer.write(LogWriterTests.line(3))
        writer.flush(seconds: 60)
        let pipe = try Pipe()
        #expect(dup2(pipe.input, full) == full)
        writer.write(LogWriterTests.line(4))
        writer.flush(seconds: 60)
        let lines = try parse(pipe.contents())
        #expect(lines.filter { !isDropped($0) }.map { $0["number"]?.integerValue } == [4])
        #expect(droppedCount(lines) == 4)
    }

    @Test("a line that a full disk tore is ended before the next one")
    func torn() async {
        await #expect(processExitsWith: .success) {
            var template = Array("/tmp/des-runtime-tests-XXXXXX".utf8CString)
            let file = mkstemp(&template)
            unlink(template)
            signal(SIGXFSZ, SIG_IGN)
            let whole = LogWriterTests.line(0)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let before = limit
            limit.rlim_cur = rlim_t(whole.count + 10)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let writer = try LogWriter(descriptor: file)
            writer.write(whole)
            writer.flush(seconds: 60)
            for number in 1...2 { writer.write(LogWriterTests.line(number)) }
            writer.flush(seconds: 60)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), [before])
            writer.write(LogWriterTests.line(3))
            writer.flush(seconds: 60)

            let bytes = try FileDescriptor(taking: dup(file), path: "log").read(0..<Int(lseek(file, 0, SEEK_END)))
            let lines = bytes.split(separator: 0x0A)
            let torn = lines.firstIndex { $0.count == 10 } ?? 0
            let others = try parse(Array(lines.indices.filter { $0 != torn }.map { lines[$0] + [0x0A] }.joined()))
            let numbers = others.map { $0["number"]?.integerValue }
            let dropped = others.compactMap { $0["lines"]?.integerValue }
            guard torn == 1, numbers.contains(0), numbers.contains(3), dropped == [2], others.count == 3 else {
                print(String(decoding: bytes, as: UTF8.self))
                exit(1)
            }
            exit(0)
        }
    }

    @Test("a reader that is gone does not end the process")
    func brokenPipe() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_DFL)
            let pipe = try Pipe()
            let input = dup(pipe.input)
            close(pipe.output)
            let writer = try LogWriter(descriptor: input)
            for number in 0..<10 {
                writer.write(LogWriterTests.line(number))
                writer.flush(seconds: 60)
            }
            exit(0)
        }
    }

    @Test("a descriptor that is closed does not end the process")
    func closedDescriptor() async {
        await #expect(processExitsWith: .success) {
            close(2)
            let writer = try LogWriter()
            for number in 0..<10 {
                writer.write(LogWriterTests.line(number))
                writer.flush(seconds: 60)
            }
            exit(0)
        }
    }
}
