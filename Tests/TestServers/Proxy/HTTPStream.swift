import Glibc

/// The two directions of a connected socket. Its owner closes the socket.
final class HTTPStream {
    /// The connection ended where a message was expected to go on.
    struct Ended: Error {}

    let socket: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var unread = 0..<0

    init(_ socket: Int32) { self.socket = socket }

    /// The next message's head; `nil` if the connection ended before it.
    func readHead() throws -> HTTPHead? {
        guard try fill() else { return nil }
        var lines: [String] = []
        while case let line = try readLine(), !line.isEmpty { lines.append(line) }
        guard !lines.isEmpty else { throw Ended() }
        return HTTPHead(lines: lines)
    }

    /// A line without its end.
    func readLine() throws -> String {
        var line: [UInt8] = []
        while true {
            guard try fill() else { throw Ended() }
            let end = buffer[unread].firstIndex(of: UInt8(ascii: "\n"))
            line += buffer[unread.lowerBound..<(end ?? unread.upperBound)]
            unread = (end.map { $0 + 1 } ?? unread.upperBound)..<unread.upperBound
            if end != nil {
                return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...], as: UTF8.self)
            }
        }
    }

    /// Between 1 and `count` bytes; none at the end of the connection.
    func read(_ count: Int) throws -> ArraySlice<UInt8> {
        guard try fill() else { return [] }
        let taken = unread.prefix(count)
        unread = taken.upperBound..<unread.upperBound
        return buffer[taken]
    }

    func write(_ bytes: some Collection<UInt8>) throws {
        let bytes = Array(bytes)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                // Without SIGPIPE.
                send(socket, $0.baseAddress?.advanced(by: done), $0.count - done, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Ended() }
            done += count
        }
    }

    /// Whether there is something to read.
    private func fill() throws -> Bool {
        while unread.isEmpty {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Ended() }
            if count == 0 { return false }
            unread = 0..<count
        }
        return true
    }

    /// Blocks until the other side ends the connection, or sends what nobody waits for.
    func waitForEnd() {
        var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while poll(&polled, 1, -1) < 0, errno == EINTR {}
    }
}
