import DESCore
import Glibc
import Testing

/// A pipe, of which a test is the reader.
final class Pipe: Sendable {
    /// To write to.
    let input: Int32
    /// To read from.
    let output: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0, "pipe: \(DESError.reason(errno))")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (output, input) = (ends[0], ends[1])
    }

    deinit {
        close(output)
        close(input)
    }

    /// What is in it now.
    func contents() -> [UInt8] {
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        var bytes: [UInt8] = []
        while let more = read() { bytes += more }
        return bytes
    }

    /// What comes until `isEnough` of the lines that came.
    func lines(until isEnough: ([JSON]) throws -> Bool) throws -> [JSON] {
        _ = fcntl(output, F_SETFL, 0)
        var (lines, rest): ([JSON], [UInt8]) = ([], [])
        while try !isEnough(lines) {
            rest += try #require(read())
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            lines += try parse(rest[...end])
            rest = Array(rest[(end + 1)...])
        }
        #expect(rest.isEmpty)
        return lines
    }

    private func read() -> ArraySlice<UInt8>? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(output, &buffer, buffer.count)
        return count > 0 ? buffer[..<count] : nil
    }
}

/// The objects of lines of JSON.
/// - Throws: if a line is none, or the last one has no end.
func parse(_ lines: some Collection<UInt8>) throws -> [JSON] {
    if lines.isEmpty { return [] }
    let parts = lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    try #require(parts.last?.isEmpty == true, "the last line has no end")
    return try parts.dropLast().map { line in
        let json = try JSON(parsing: Array(line).span.bytes)
        guard case .object = json else {
            Issue.record("\(json.text) is no object")
            return json
        }
        return json
    }
}
