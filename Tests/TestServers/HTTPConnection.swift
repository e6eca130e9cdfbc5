public import DESCore
import Glibc

/// A client's connection to a server of this machine, with its hands on every byte.
///
/// Its calls block for at most a minute: make them in ``run(_:)``, away from the cooperative pool.
public final class HTTPConnection {
    /// What the server said.
    public struct Answer: Sendable, CustomStringConvertible {
        /// The status.
        public var status: Int
        /// The body.
        public var body: [UInt8]
        private let head: HTTPHead

        fileprivate init(_ head: HTTPHead) { (status, body, self.head) = (head.status, [], head) }

        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
        /// The body as JSON.
        public var json: JSON? { try? JSON(parsing: text) }
        /// For messages.
        public var description: String { "\(head.startLine): \(text)" }

        /// A header.
        public subscript(name: String) -> String? { head[name] }
    }

    private static let threads = BlockingPool(threadCount: 64)
    private let stream: HTTPStream

    /// Runs `body` on a thread of its own.
    public static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await threads.run(body)
    }

    /// A new connection.
    /// - Parameter window: bytes that the system takes for it before they are read; `nil`: as usual.
    public init(port: UInt16, window: Int32? = nil) throws {
        stream = HTTPStream(try Loopback.connect(to: port, window: window))
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(stream.socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(stream.socket) }

    /// Sends bytes as they are.
    public func send(_ text: String) throws { try stream.write(text.utf8) }

    /// Sends a request.
    public func send(_ method: String, _ path: String, _ fields: [(String, String)] = [], body: String? = nil) throws {
        var fields = [("Host", "127.0.0.1")] + fields
        if let body {
            if !fields.contains(where: { $0.0 == "Content-Type" }) {
                fields.append(("Content-Type", "application/json"))
            }
            fields.append(("Content-Length", "\(body.utf8.count)"))
        }
        try stream.write(HTTPHead("\(method) \(path) HTTP/1.1", fields).bytes + Array((body ?? "").utf8))
    }

    /// The next answer; `nil` if the connection ended before it.
    public func receive(hasBody: Bool = true) throws -> Answer? {
        guard let head = try stream.readHead() else { return nil }
        var answer = Answer(head)
        let count = hasBody ? head.contentLength ?? 0 : 0
        while answer.body.count < count {
            let bytes = try stream.read(count - answer.body.count)
            guard !bytes.isEmpty else { throw HTTPStream.Ended() }
            answer.body += bytes
        }
        return answer
    }

    /// Whether there is something to read, or the connection has ended, before so much time has passed.
    public func isReadable(within milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: stream.socket, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) > 0
    }

    /// Says that nothing more will be sent.
    public func endOutput() { shutdown(stream.socket, Int32(SHUT_WR)) }

    /// Sends `byte` again and again, ten times a second, until there is an answer or the connection ends.
    /// - Returns: the answer, `nil` if there is none.
    public func dribble(_ byte: String) throws -> Answer? {
        var polled = pollfd(fd: stream.socket, events: Int16(POLLIN), revents: 0)
        while poll(&polled, 1, 100) == 0, (try? send(byte)) != nil {}
        return try? receive()
    }

    /// Sends a request and receives its answer.
    /// - Throws: also if the connection ends without one.
    public func ask(
        _ method: String, _ path: String, _ fields: [(String, String)] = [], body: String? = nil
    ) throws -> Answer {
        try send(method, path, fields, body: body)
        guard let answer = try receive(hasBody: method != "HEAD") else { throw HTTPStream.Ended() }
        return answer
    }
}
