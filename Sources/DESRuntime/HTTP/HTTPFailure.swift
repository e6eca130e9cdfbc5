public import DESCore
public import HTTPTypes
public import Hummingbird

/// Why a request is not answered as the client wished. The body is `{"detail": "..."}`, as the earlier services have it.
public struct HTTPFailure: Error {
    /// The status.
    public var status: HTTPResponse.Status
    /// For people.
    public var detail: String
    /// Further headers.
    public var headers: HTTPFields = [:]

    /// A failure.
    public init(_ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = [:]) {
        (self.status, self.detail, self.headers) = (status, detail, headers)
    }

    /// What an error means for a client.
    public init(_ error: any Error) {
        switch error {
        case let failure as HTTPFailure: self = failure
        case let error as DESError where error.code == .invalidArgument: self.init(.badRequest, error.message)
        case let error as DESError:
            // Where our files are is nobody's business. The log says it.
            let detail = HTTPFailure.hasPath(error) ? "the service cannot do this now" : error.message
            self.init(.serviceUnavailable, detail)
            // What is damaged or forbidden stays so.
            guard error.isTransient || error.code == .unavailable || error.code == .conflict else { return }
            let seconds = max(1, error.retryAfter.map { Int(($0 / .seconds(1)).rounded(.up)) } ?? 1)
            headers[.retryAfter] = String(seconds)
        case is CancellationError:
            self.init(.serviceUnavailable, "the service is stopping", headers: [.retryAfter: "1"])
        default: self.init(.internalServerError, "internal error")  // what it was is logged
        }
    }

    /// The message of an error names a file: the place of the error, or a word that begins with a slash.
    private static func hasPath(_ error: DESError) -> Bool {
        if let place = error.place, error.message.contains(place) { return true }
        return zip(" " + error.message, error.message).contains { before, character in
            character == "/" && !before.isLetter && !before.isNumber
        }
    }

    /// The body of the answer.
    var body: ByteBuffer {
        var bytes: [UInt8] = []
        JSON.object([JSON.Member("detail", .string(detail))]).encode(into: &bytes)
        return ByteBuffer(bytes: bytes)
    }

    /// The answer.
    public var response: Response {
        var response = Response(json: body, status: status)
        for field in headers { response.headers.append(field) }
        return response
    }
}

extension Response {
    /// An answer in JSON.
    public init(json: JSON, status: HTTPResponse.Status = .ok) {
        var bytes: [UInt8] = []
        json.encode(into: &bytes)
        self.init(json: ByteBuffer(bytes: bytes), status: status)
    }

    /// An answer in JSON that is written already.
    public init(json bytes: ByteBuffer, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: bytes))
    }
}
