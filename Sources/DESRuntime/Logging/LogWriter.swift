internal import DESCore
internal import Glibc
internal import Logging

/// Writes lines to a descriptor on a thread of its own: who logs never waits for who reads the log.
///
/// Up to ``lineCountMax`` lines of ``byteCountMax`` bytes wait; what comes while so many do is dropped, and so is what the descriptor does not take.
/// How many lines were dropped is said in a line.
public final class LogWriter: Sendable {
    private struct State {
        var waiting: [[UInt8]] = []
        var waitingByteCount = 0
        var isWriting = false
        var dropped = 0
        /// The line that was written last has no end.
        var isTorn = false
    }

    static let lineCountMax = 10_000
    static let byteCountMax = 4 << 20
    private static let lineEnd = UInt8(ascii: "\n")
    private let descriptor: Int32
    private let state = Monitor(State())

    /// Writes to `descriptor`, which stays open.
    /// - Throws: if there can be no further thread.
    public init(descriptor: Int32 = 2) throws {
        self.descriptor = descriptor
        try startThread { [self] in
            // A reader that is gone is an error of this thread's write(2), not the end of the process.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            while true { writeNext() }
        }
    }

    /// Takes a line, with its end.
    func write(_ line: [UInt8]) {
        state.update { state in
            guard state.waiting.count < LogWriter.lineCountMax,
                state.waitingByteCount + line.count <= LogWriter.byteCountMax
            else {
                state.dropped += 1
                return
            }
            state.waiting.append(line)
            state.waitingByteCount += line.count
        }
    }

    /// Returns when all that was taken is written, or `seconds` have passed.
    public func flush(seconds: Int = 2) { flush(milliseconds: seconds * 1_000) }

    /// Returns when all that was taken is written, or `milliseconds` have passed.
    func flush(milliseconds: Int) {
        let _: Void? = state.wait(milliseconds: milliseconds) { $0.waiting.isEmpty && !$0.isWriting ? () : nil }
    }

    private func writeNext() {
        var (lines, dropped, isTorn) = state.wait { state -> ([[UInt8]], Int, Bool)? in
            guard !state.waiting.isEmpty else { return nil }
            defer {
                (state.waiting, state.waitingByteCount) = ([], 0)
                (state.dropped, state.isWriting) = (0, true)
            }
            return (state.waiting, state.dropped, state.isTorn)
        }
        if dropped > 0 { lines.append(LogWriter.report(dropped)) }
        let bytes = Array(lines.joined())
        if isTorn { isTorn = writeToDescriptor([LogWriter.lineEnd]) == 0 }
        let count = isTorn ? 0 : writeToDescriptor(bytes)
        if count > 0 { isTorn = bytes[count - 1] != LogWriter.lineEnd }
        var lost = bytes[count...].count { $0 == LogWriter.lineEnd }
        // The report was not written either. What it said is to be said by the next one.
        if lost > 0, dropped > 0 { lost += dropped - 1 }
        state.update { state in
            state.dropped += lost
            (state.isTorn, state.isWriting) = (isTorn, false)
        }
    }

    /// How many of the bytes it took: fewer if nobody reads them any more, or the disk is full.
    private func writeToDescriptor(_ bytes: [UInt8]) -> Int {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + start }, bytes.count - start)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {  // somebody who shares it has made it so that it does not block
                var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wish, 1, -1)
                continue
            }
            if count <= 0 { break }
            start += count
        }
        return start
    }

    private static func report(_ dropped: Int) -> [UInt8] {
        var line: [UInt8] = []
        JSON.object(
            JSONLogHandler.head(level: .warning, event: "log.dropped", logger: "log")
                + [JSON.Member("lines", .integer(dropped))]
        ).encode(into: &line)
        return line + [lineEnd]
    }
}
