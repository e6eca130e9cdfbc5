public import DESCore
public import Hummingbird
internal import NIOCore

extension Request {
    /// The body as JSON.
    /// - Parameter limit: bytes it may have.
    /// - Throws: ``HTTPFailure``: 415 for another type of content, 413 for a larger body, 400 for what is no JSON.
    public consuming func json(limit: Int) async throws -> JSON {
        if let type = headers[.contentType], !Request.isJSON(type) {
            throw HTTPFailure(
                .unsupportedMediaType, "expected application/json, not \(type.escapingControlCharacters)")
        }
        let bytes = try await bytes(limit: limit)
        do {
            return try bytes.withUnsafeReadableBytes { try JSON(parsing: RawSpan(_unsafeBytes: $0)) }
        } catch let error as DESError {
            throw HTTPFailure(.badRequest, "the body is no JSON: \(error.description)")
        }
    }

    private consuming func bytes(limit: Int) async throws -> ByteBuffer {
        // The rest of a body that is too large is not waited for.
        let tooLarge = HTTPFailure(
            .contentTooLarge, "expected a body of at most \(limit) bytes", headers: [.connection: "close"])
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        var bytes: ByteBuffer
        do {
            var parts = body.makeAsyncIterator()
            bytes = try await parts.next() ?? ByteBuffer()
            while bytes.readableBytes <= limit, var part = try await parts.next() { bytes.writeBuffer(&part) }
        } catch {
            // The service stops: it is not the client's fault.
            if error is CancellationError || Task.isCancelled { throw CancellationError() }
            // Chunks that are none, or the client has left.
            throw HTTPFailure(.badRequest, "the body cannot be read", headers: [.connection: "close"])
        }
        guard bytes.readableBytes <= limit else { throw tooLarge }
        try Task.checkCancellation()  // also ends the body, before its end
        return bytes
    }

    /// `application/json`, also with parameters, or any `application/...+json`.
    private static func isJSON(_ type: String) -> Bool {
        let essence = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        return essence == "application/json" || essence.hasPrefix("application/") && essence.hasSuffix("+json")
    }
}
