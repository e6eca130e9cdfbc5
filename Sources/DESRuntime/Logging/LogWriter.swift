internal import DESCore
internal import Glibc

/// Writes lines to a descriptor on a thread of its own: who logs never waits for who reads the log.
///
/// Up to ``lineCountMax`` lines wait; what comes while so many do is dropped, and how many were is said in a line.
public final class LogWriter: Sendable {
    private struct State {
        var waiting: [[UInt8]] = []
        var isWriting = false
        var dropped = 0
    }

    static let lineCountMax = 10_000
    private let descriptor: Int32
    private let state = Monitor(State())

    /// Writes to `descriptor`, which stays open.
    /// - Throws: if there can be no further thread.
    public init(descriptor: Int32 = 2) throws {
        self.descriptor = descriptor
        try startThread { [self] in
            while true { writeNext() }
        }
    }

    /// Takes a line, with its end.
    func write(_ line: [UInt8]) {
        state.update { state in
            guard state.waiting.count < LogWriter.lineCountMax else {
                state.dropped += 1
                return
            }
            state.waiting.append(line)
        }
    }

    /// Returns when all that was taken is written, or `seconds` have passed.
    public func flush(seconds: Int = 2) {
        let _: Void? = state.wait(seconds: seconds) { $0.waiting.isEmpty && !$0.isWriting ? () : nil }
    }

    private func writeNext() {
        let (lines, dropped) = state.wait { state -> ([[UInt8]], Int)? in
            guard !state.waiting.isEmpty else { return nil }
            defer { (state.waiting, state.dropped, state.isWriting) = ([], 0, true) }
            return (state.waiting, state.dropped)
        }
        var bytes = Array(lines.joined())
        if dropped > 0 {
            bytes +=
                Array(
                    #"{"level":"warning","event":"log.dropped","lines":\#(dropped)}"#.utf8) + [UInt8(ascii: "\n")]
        }
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + start }, bytes.count - start)
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }  // nobody reads it any more
            start += count
        }
        state.update { $0.isWriting = false }
    }
}
