import DESCore
import Glibc

/// Standard input, line by line, as it comes. Empty lines are passed over.
struct InputLines {
    /// A line without its end.
    struct Line {
        let bytes: ArraySlice<UInt8>

        /// - Throws: ``DESError/Code/invalidArgument`` if it is not UTF-8: as text it would be changed.
        func text() throws(DESError) -> String {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                let shown = String(decoding: bytes, as: UTF8.self).escapingControlCharacters
                throw DESError(.invalidArgument, "\"\(shown)\" is not UTF-8", place: "standard input")
            }
            return text
        }
    }

    /// What came after the last end of a line.
    private var rest: [UInt8] = []
    private var isAtEnd = false

    /// The lines that the next read completes, maybe none; `nil` at the end.
    mutating func next() throws(DESError) -> [Line]? {
        guard !isAtEnd else { return nil }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = retryingInterrupts { Glibc.read(STDIN_FILENO, &buffer, buffer.count) }
        guard count >= 0 else { throw .system(errno, "cannot read", "standard input") }
        isAtEnd = count == 0
        guard let end = isAtEnd ? 0 : buffer[..<count].lastIndex(of: UInt8(ascii: "\n")) else {
            rest += buffer[..<count]
            return []
        }
        let whole = rest + buffer[..<end]
        rest = isAtEnd ? [] : Array(buffer[(end + 1)..<count])
        return whole.split(separator: UInt8(ascii: "\n")).map(Line.init)
    }
}
