import DESCore
import Glibc
import Synchronization
import Testing

@testable import DESStore

/// The client against servers that answer every connection with given bytes, or not at all.
@Suite("HTTP client")
struct HTTPClientTests {
    /// Takes connections on loopback and gives each to `serve` on a thread of its own.
    private final class Listener: Sendable {
        let port: UInt16
        private let socket: Int32
        private let count = Mutex(0)

        /// Connections so far.
        var connectionCount: Int { count.withLock { $0 } }

        init(_ serve: @escaping @Sendable (Int32) -> Void) throws {
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let (socket, length) = (socket, size)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
            }
            try #require(bound == 0 && listen(socket, 64) == 0)
            _ = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
            }
            port = address.sin_port.bigEndian
            try startThread { [self] in
                while case let connection = accept(socket, nil, nil), connection >= 0 {
                    count.withLock { $0 += 1 }
                    try? startThread {
                        serve(connection)
                        close(connection)
                    }
                }
            }
        }

        /// No more connections.
        func stop() {
            shutdown(socket, Int32(SHUT_RDWR))
            close(socket)
        }

        var url: String { "http://127.0.0.1:\(port)/" }
    }

    /// Reads one request with its body; `nil` at the end of the connection.
    private static func request(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var wanted: Int?
        while true {
            let count = read(connection, &buffer, buffer.count)
            if count <= 0 { return nil }
            bytes += buffer[..<count]
            if wanted == nil, let end = headEnd(bytes) {
                let head = String(decoding: bytes[..<end], as: UTF8.self)
                let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                wanted = end + (length.flatMap { Int($0.drop { $0 != " " }.dropFirst()) } ?? 0)
            }
            if let wanted, bytes.count >= wanted { return String(decoding: bytes, as: UTF8.self) }
        }
    }

    /// Where the empty line after the header fields ends.
    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        let end = min(bytes.count, 16 << 10)
        guard end >= mark.count else { return nil }
        return (mark.count...end).first { bytes[($0 - mark.count)..<$0].elementsEqual(mark) }
    }

    private static func answer(_ connection: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Answers each request with `texts` in turn, the last one for ever.
    private static func listener(_ texts: String...) throws -> Listener {
        try Listener { connection in
            var rest = texts[...]
            while request(connection) != nil {
                answer(connection, rest.count > 1 ? rest.removeFirst() : rest[rest.startIndex])
            }
        }
    }

    @Test("an answer comes with status, headers and body, whatever the status, and the connection is used again")
    func answers() async throws {
        let listener = try Self.listener(
            "HTTP/1.1 100 Continue\r\nX-Old: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Name:  a b \r\n\r\nhello",
            "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nRetry-After: 7\r\n\r\n",
            "HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        defer { listener.stop() }
        let client = try HTTPClient()
        let first = try await client.send(HTTPRequest(url: listener.url))
        #expect((first.status, first.body, first.headers["x-name"]) == (200, Array("hello".utf8), "a b"))
        #expect(first.headers["x-old"] == nil)
        let second = try await client.send(HTTPRequest(method: "PUT", url: listener.url, body: [1, 2, 3]))
        #expect((second.status, second.headers["retry-after"]) == (503, "7"))
        #expect(try await client.send(HTTPRequest(url: listener.url)).status == 301)
        #expect(listener.connectionCount == 1)
    }

    @Test("headers and body arrive as they were given")
    func requests() async throws {
        let seen = Mutex("")
        let listener = try Listener { connection in
            while let text = Self.request(connection) {
                seen.withLock { $0 = text }
                Self.answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        defer { listener.stop() }
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)
        let client = try HTTPClient()
        let path = "a//b/../c%20d"
        _ = try await client.send(
            HTTPRequest(method: "PUT", url: listener.url + path, headers: [("X-A", "1"), ("X-Empty", "")], body: body))
        let put = seen.withLock { $0 }
        #expect(
            put.hasPrefix("PUT /\(path) HTTP/1.1\r\n")
                && put.hasSuffix("\r\n\r\n" + String(decoding: body, as: UTF8.self)))
        #expect(put.contains("\r\nX-A: 1\r\n") && put.contains("\r\nX-Empty:\r\n") && !put.contains("Expect:"))
        for (method, bytes) in [("POST", [UInt8]("p".utf8)), ("POST", []), ("DELETE", []), ("HEAD", [])] {
            _ = try await client.send(HTTPRequest(method: method, url: listener.url, body: bytes))
            let text = seen.withLock { $0 }
            #expect(
                text.hasPrefix("\(method) / HTTP/1.1\r\n")
                    && text.hasSuffix("\r\n\r\n" + String(decoding: bytes, as: UTF8.self)))
        }
    }

    @Test(
        "an answer that is cut, never comes or is no HTTP is a transient error",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 2", "nonsense\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        ])
    func broken(text: String) async throws {
        let listener = try Listener { connection in
            _ = Self.request(connection)
            Self.answer(connection, text)
        }
        defer { listener.stop() }
        let error = await #expect(throws: DESError.self) {
            try await HTTPClient().send(HTTPRequest(url: listener.url))
        }
        #expect(error?.code == .unavailable && error?.isTransient == true, "\(String(describing: error))")
    }

    @Test("a server that says nothing, or is not there, is a transient error within the deadline")
    func silent() async throws {
        let listener = try Listener { connection in
            var byte: UInt8 = 0
            while read(connection, &byte, 1) > 0 {}
        }
        var request = HTTPRequest(url: listener.url)
        request.timeout = .milliseconds(200)
        let client = try HTTPClient()
        let silent = await #expect(throws: DESError.self) { try await client.send(request) }
        #expect(silent?.code == .unavailable && silent?.isTransient == true)
        listener.stop()
        let refused = await #expect(throws: DESError.self) { try await client.send(request) }
        #expect(refused?.code == .unavailable && refused?.isTransient == true)
    }

    @Test("no more is taken than was expected")
    func bounded() async throws {
        let listener = try Self.listener(
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + String(repeating: "x", count: 100))
        defer { listener.stop() }
        var request = HTTPRequest(url: listener.url)
        request.answerByteCountMax = 100
        let client = try HTTPClient()
        #expect(try await client.send(request).body.count == 100)
        request.answerByteCountMax = 99
        let error = await #expect(throws: DESError.self) { try await client.send(request) }
        #expect(error?.code == .unsupported)
        // A refusal stays one, however much is said about it.
        let refusing = try Self.listener(
            "HTTP/1.1 503 Slow Down\r\nContent-Length: 100\r\n\r\n" + String(repeating: "x", count: 100))
        defer { refusing.stop() }
        request.url = refusing.url
        #expect(try await client.send(request).status == 503)
    }

    @Test("a task that is cancelled, before or while it waits, ends its transfer; others go on")
    func cancellation() async throws {
        let (waiting, arrived) = AsyncStream.makeStream(of: Void.self)
        let listener = try Listener { connection in
            while let text = Self.request(connection) {
                if text.hasPrefix("GET /quick") {
                    Self.answer(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                } else {
                    arrived.yield()
                }
            }
        }
        defer { listener.stop() }
        let client = try HTTPClient()
        let url = listener.url
        let task = Task { try await client.send(HTTPRequest(url: url)) }
        var arrivals = waiting.makeAsyncIterator()
        await arrivals.next()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(HTTPRequest(url: url))
        }
        await #expect(throws: CancellationError.self) { try await early.value }
        #expect(try await client.send(HTTPRequest(url: url + "quick")).status == 200)
    }

    @Test("many at once share the connections there may be")
    func many() async throws {
        let listener = try Self.listener("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        defer { listener.stop() }
        var options = HTTPClient.Options()
        options.connectionCountMax = 4
        let (client, url) = (try HTTPClient(options), listener.url)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<200 { group.addTask { try await client.send(HTTPRequest(url: url)).status } }
            for try await status in group { #expect(status == 200) }
        }
        #expect(listener.connectionCount <= 4)
    }

    @Test(
        "other schemes than http and https are refused", arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "x", ""])
    func schemes(url: String) async {
        let error = await #expect(throws: DESError.self) { try await HTTPClient().send(HTTPRequest(url: url)) }
        #expect(error?.code == .invalidArgument || error?.code == .unavailable)
    }

    @Test("XML: elements, text, entities and namespaces; a DOCTYPE and what is cut are refused")
    func xml() throws {
        let text = """
            <?xml version="1.0"?><r xmlns="urn:x"><a x="1">one &amp; &#x74;wo</a><b><c/></b><a>again</a><n:d xmlns:n="urn:n">e</n:d></r>
            """
        let root = try XMLElement(Array(text.utf8))
        #expect(root.name == "r" && root.text("a") == "one & two" && root["b"]?["c"] != nil && root.text("d") == "e")
        #expect(root.children.filter { $0.name == "a" }.map(\.text) == ["one & two", "again"])
        for bad in [
            "", "<a>", "<a></b>", "{}", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            String(repeating: "<a>", count: 100) + String(repeating: "</a>", count: 100),
        ] {
            #expect(throws: DESError.self) { try XMLElement(Array(bad.utf8)) }
        }
    }
}
