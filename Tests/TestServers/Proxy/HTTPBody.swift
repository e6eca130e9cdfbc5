/// The body of a message that is being read, piece by piece.
struct HTTPBody {
    private enum Framing {
        case length(remaining: Int)
        case chunked(remaining: Int)
        case untilEnd
        case done
    }

    private let stream: HTTPStream
    private var framing: Framing

    /// The body of a request.
    init(ofRequest head: HTTPHead, from stream: HTTPStream) {
        self.stream = stream
        framing = head.isChunked ? .chunked(remaining: 0) : .length(remaining: head.contentLength ?? 0)
    }

    /// The body of an answer to `method`.
    init(ofAnswer head: HTTPHead, to method: String, from stream: HTTPStream) {
        self.stream = stream
        if method == "HEAD" || head.status == 204 || head.status == 304 {
            framing = .done
        } else if head.isChunked {
            framing = .chunked(remaining: 0)
        } else {
            framing = head.contentLength.map { .length(remaining: $0) } ?? .untilEnd
        }
    }

    /// The next bytes; `nil` after the last.
    /// - Throws: if the connection ended before that.
    mutating func next() throws -> ArraySlice<UInt8>? {
        switch framing {
        case .done, .length(remaining: 0):
            return nil
        case .untilEnd:
            let piece = try stream.read(.max)
            return piece.isEmpty ? nil : piece
        case .length(let remaining):
            let piece = try some(remaining)
            framing = .length(remaining: remaining - piece.count)
            return piece
        case .chunked(remaining: 0):
            guard let count = Int(try stream.readLine().prefix { $0 != ";" }, radix: 16) else {
                throw HTTPStream.Ended()
            }
            framing = .chunked(remaining: count)
            guard count == 0 else { return try next() }
            while try !stream.readLine().isEmpty {}
            framing = .done
            return nil
        case .chunked(let remaining):
            let piece = try some(remaining)
            framing = .chunked(remaining: remaining - piece.count)
            if piece.count == remaining { _ = try stream.readLine() }
            return piece
        }
    }

    private func some(_ count: Int) throws -> ArraySlice<UInt8> {
        let piece = try stream.read(count)
        guard !piece.isEmpty else { throw HTTPStream.Ended() }
        return piece
    }
}
