/// What a ``FaultProxy`` does to one request.
public enum Fault: Sendable {
    /// How a connection ends.
    public enum Ending: Sendable {
        /// The other side reads an end of file.
        case close
        /// The other side gets ECONNRESET, and perhaps not all that was sent before.
        case reset
    }

    /// Answers with an S3 error document; the server never sees the request.
    case answer(status: Int, code: String, fields: [String: String] = [:])
    /// Ends the connection when the request was read; the server never sees it.
    case cut(Ending)
    /// Never answers; the server never sees the request.
    case stall
    /// Has the server do it, and ends the connection instead of passing the answer on.
    case loseAnswer
    /// Ends the connection after so many bytes of the answer's body; its Content-Length promises all of them.
    case cutBody(after: Int, Ending = .close)
    /// Sends so many bytes of the answer's body and no more, and keeps the connection open.
    case stallBody(after: Int)
    /// Sends so many bytes of the answer's body, and a Content-Length that says the same: it looks whole.
    case shortenBody(to: Int)
    /// Flips one bit in the byte at this offset of the answer's body.
    case corruptBody(at: Int)
    /// Sets a header field of the answer, or removes it.
    case field(String, String?)
    /// Passes the request on after this time.
    case delay(Duration)

    /// The usual request to come back later.
    public static func slowDown(retryAfter seconds: Int? = nil) -> Fault {
        .answer(status: 503, code: "SlowDown", fields: seconds.map { ["Retry-After": "\($0)"] } ?? [:])
    }
}
