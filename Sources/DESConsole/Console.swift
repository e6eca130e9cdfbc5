package import DESCore
import Glibc
import Synchronization

/// Where a verb prints: data to standard output, everything else to standard error.
package final class Console: Sendable {
    package let isJSON: Bool
    package let isQuiet: Bool
    /// Standard output is a terminal: names are printed so that they cannot send it control characters.
    package let isTerminal = isatty(STDOUT_FILENO) == 1
    private let program: String
    private let pending = Mutex<[UInt8]>([])
    /// What a progress line on the terminal must be cleared with before another line is printed.
    private let hasProgressLine = Mutex(false)

    private static let bufferByteCount = 1 << 16

    /// - Parameter program: what messages begin with.
    package init(_ options: OutputOptions, program: String) {
        self.program = program
        isJSON = options.json
        isQuiet = options.quiet
    }

    /// Writes a line of data.
    package func print(_ line: String) throws {
        try write((line + "\n").utf8.span.bytes)
    }

    /// Writes a JSON object as one line of data.
    package func print(_ type: String, _ members: [JSON.Member]) throws {
        try print(JSON.object([JSON.Member("type", .string(type))] + members).text)
    }

    /// Writes bytes of data.
    package func write(_ bytes: RawSpan) throws {
        try pending.withLock { pending in
            if pending.count + bytes.byteCount > Console.bufferByteCount {
                try Console.writeAll(pending.span.bytes, to: STDOUT_FILENO)
                pending.removeAll(keepingCapacity: true)
            }
            if bytes.byteCount >= Console.bufferByteCount {
                try Console.writeAll(bytes, to: STDOUT_FILENO)
            } else {
                pending.append(bytes)
            }
        }
    }

    /// Sends what is buffered.
    package func flush() throws {
        try pending.withLock { pending in
            try Console.writeAll(pending.span.bytes, to: STDOUT_FILENO)
            pending.removeAll(keepingCapacity: true)
        }
    }

    /// A name as it is safe to print: on a terminal with control characters escaped, otherwise as it is.
    package func printable(_ name: EntryName) -> String {
        isTerminal && name.string.escapingControlCharacters != name.string ? name.quoted : name.string
    }

    /// Reports an error on standard error.
    /// - Parameter status: with which the program ends for it; `nil`: that of its code.
    package func report(_ error: DESError, status: ExitStatus? = nil) {
        if isJSON {
            var members = [
                JSON.Member("type", .string("error")), JSON.Member("code", .string(error.code.description)),
                JSON.Member("message", .string(error.message)),
                JSON.Member("exit_status", .integer((status ?? ExitStatus(error)).rawValue)),
            ]
            if let place = error.place { members.append(JSON.Member("place", .string(place))) }
            if let offset = error.offset { members.append(JSON.Member("offset", .integer(offset))) }
            message(JSON.object(members).text)
        } else {
            message("\(program): \(error.description.escapingControlCharacters)")
        }
    }

    /// Prints a line for people on standard error, unless asked to be quiet.
    package func note(_ line: String) {
        if !isQuiet && !isJSON { message(line) }
    }

    /// Shows `line` as the progress line of the terminal; `nil` clears it.
    package func progress(_ line: String?) {
        hasProgressLine.withLock { shown in
            let text = (shown ? "\r\u{1B}[K" : "") + (line ?? "")
            shown = line != nil
            try? Console.writeAll(Array(text.utf8).span.bytes, to: STDERR_FILENO)
        }
    }

    /// Prints a line on standard error.
    package func message(_ line: String) {
        progress(nil)
        // There is nowhere left to say that standard error is gone.
        try? Console.writeAll(Array((line + "\n").utf8).span.bytes, to: STDERR_FILENO)
    }

    private static func writeAll(_ bytes: RawSpan, to descriptor: Int32) throws(DESError) {
        var done = 0
        while done < bytes.byteCount {
            let count = bytes.withUnsafeBytes { buffer in
                retryingInterrupts {
                    Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                }
            }
            guard count >= 0 else { throw .system(errno, "cannot write", "standard output") }
            done += count
        }
    }
}
