import Glibc
import Synchronization

/// One connection of a client to a ``FaultProxy``, served by one thread.
struct ProxyConnection {
    /// What is left of a connection after a request.
    private enum Outcome {
        case keep
        case end(Fault.Ending)
    }

    private let client: HTTPStream
    private let proxy: FaultProxy

    init(_ client: Int32, _ proxy: FaultProxy) { (self.client, self.proxy) = (HTTPStream(client), proxy) }

    func serve() {
        var outcome = Outcome.keep
        while case .keep = outcome { outcome = (try? serveRequest()) ?? .end(.close) }
        if case .end(let ending) = outcome { close(client.socket, ending) }
    }

    private func serveRequest() throws -> Outcome {
        guard var head = try client.readHead(), head.words.count == 3 else { return .end(.close) }
        let noted = note(head)
        var body = HTTPBody(ofRequest: head, from: client)
        if head["Expect"] != nil {
            head["Expect"] = nil
            try client.write("HTTP/1.1 100 Continue\r\n\r\n".utf8)
        }
        let keeps = head.keepsAlive
        switch noted.fault {
        case .answer(let status, let code, let fields):
            while try body.next() != nil {}
            try answer(noted, status, code, fields)
            return keeps ? .keep : .end(.close)
        case .cut(let ending):
            while try body.next() != nil {}
            return .end(ending)
        case .stall:
            while try body.next() != nil {}
            client.waitForEnd()
            return .end(.close)
        case .delay(let duration):
            usleep(UInt32(duration / .microseconds(1)))
        default:
            break
        }
        return keeps ? try forward(noted, head, body) : try forwardLast(noted, head, body)
    }

    private func forwardLast(_ noted: Noted, _ head: HTTPHead, _ body: HTTPBody) throws -> Outcome {
        if case .end(let ending) = try forward(noted, head, body) { return .end(ending) }
        return .end(.close)
    }

    /// Asks the server, on a connection of its own: an idle one could have been closed by it, which would be a fault that
    /// nobody asked for.
    private func forward(_ noted: Noted, _ head: HTTPHead, _ body: HTTPBody) throws -> Outcome {
        let server = HTTPStream(try Loopback.connect(to: proxy.serverPort))
        _ = proxy.state.withLock { $0.connections.insert(server.socket) }
        // A reset leaves no port in TIME_WAIT behind.
        defer { close(server.socket, .reset) }
        var body = body
        // A server may answer, and close, before it has read all. It is then not written to any more.
        var takesMore = (try? server.write(head.bytes)) != nil
        while let piece = try body.next() {
            takesMore = takesMore && (try? server.write(head.isChunked ? chunk(piece) : Array(piece))) != nil
        }
        if head.isChunked { try? server.write(chunk([])) }

        var answer = HTTPHead("")
        repeat {
            guard let next = try server.readHead() else { throw HTTPStream.Ended() }
            answer = next
        } while answer.status < 200
        let method = noted.request.method
        return try relay(noted, answer, HTTPBody(ofAnswer: answer, to: method, from: server))
    }

    /// Passes an answer of the server on, with the fault in it.
    private func relay(_ noted: Noted, _ answer: HTTPHead, _ body: HTTPBody) throws -> Outcome {
        var (answer, body) = (answer, body)
        var limit = Int.max
        var corrupted: Int?
        switch noted.fault {
        case .loseAnswer:
            while try body.next() != nil {}
            return .end(.close)
        case .cutBody(let count, _), .stallBody(let count):
            limit = count
        case .shortenBody(let count):
            limit = count
            if let length = answer.contentLength { answer["Content-Length"] = "\(min(count, length))" }
        case .corruptBody(let offset):
            corrupted = offset
        case .field(let name, let value):
            answer[name] = value
        default:
            break
        }
        setStatus(noted, answer.status)
        try client.write(answer.bytes)

        var offset = 0
        while offset < limit, var piece = try body.next() {
            if let corrupted, (offset..<offset + piece.count).contains(corrupted) {
                piece[piece.startIndex + corrupted - offset] ^= 0x10
            }
            piece = piece.prefix(limit - offset)
            try client.write(answer.isChunked ? chunk(piece) : Array(piece))
            offset += piece.count
        }

        switch noted.fault {
        case .cutBody(_, let ending):
            return .end(ending)
        case .stallBody:
            client.waitForEnd()
            return .end(.close)
        default:
            if answer.isChunked { try client.write(chunk([])) }
            return answer.keepsAlive ? .keep : .end(.close)
        }
    }

    private func answer(_ noted: Noted, _ status: Int, _ code: String, _ fields: [String: String]) throws {
        let document = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>\(code)</Code><Message>injected</Message><RequestId>0</RequestId></Error>
            """
        let head = HTTPHead(
            "HTTP/1.1 \(status) \(code)",
            [("Content-Type", "application/xml"), ("Content-Length", "\(document.utf8.count)")]
                + fields.map { ($0, $1) })
        setStatus(noted, status)
        try client.write(head.bytes + (noted.request.method == "HEAD" ? [] : Array(document.utf8)))
    }

    /// One chunk of the chunked coding; an empty one is the last.
    private func chunk(_ piece: ArraySlice<UInt8>) -> [UInt8] {
        Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
    }

    private func close(_ socket: Int32, _ ending: Fault.Ending) {
        proxy.state.withLock { state in
            state.connections.remove(socket)
            if case .reset = ending {
                var now = linger(l_onoff: 1, l_linger: 0)
                setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
            } else {
                // Also when a program that is being started has inherited it.
                shutdown(socket, Int32(SHUT_RDWR))
            }
            Glibc.close(socket)
        }
    }
}

extension ProxyConnection {
    /// A request that was noted, and what is to be done to it.
    private struct Noted {
        let request: FaultProxy.Request
        let generation: Int
        let fault: Fault?
    }

    private func note(_ head: HTTPHead) -> Noted {
        let (request, generation, decide) = proxy.state.withLock { state in
            let (method, path) = (head.words[0], head.words[1])
            let request = FaultProxy.Request(
                ordinal: state.requests.count, methodOrdinal: state.methodCounts[method, default: 0],
                method: method, path: path, head: head)
            state.requests.append(request)
            state.methodCounts[method, default: 0] += 1
            return (request, state.generation, state.decide)
        }
        return Noted(request: request, generation: generation, fault: decide(request))
    }

    /// Called before the answer is sent, so that a test that has it also sees its status.
    private func setStatus(_ noted: Noted, _ status: Int) {
        proxy.state.withLock { state in
            if state.generation == noted.generation { state.requests[noted.request.ordinal].status = status }
        }
    }
}
