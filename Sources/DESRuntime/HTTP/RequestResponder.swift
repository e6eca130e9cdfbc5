internal import CoreMetrics
internal import DESCore
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// Answers every request: finds its route, checks who asks, counts, logs at debug.
struct RequestResponder: HTTPResponder {
    /// Nothing: the logger that Hummingbird makes for each request is not ours.
    struct Context: InitializableFromSource {
        init(source: ApplicationRequestContextSource) {}
    }

    /// What is counted of a route; unknown paths are one route, so that no client can make series.
    private struct Counts: Sendable {
        private let (succeeded, refused, failed): (Counter, Counter, Counter)
        private let duration: Timer

        init(_ route: String, _ metrics: MetricRegistry) {
            func counter(_ status: String) -> Counter {
                MetricCatalog.httpRequests.counter(route, status, in: metrics)
            }
            (succeeded, refused, failed) = (counter("2xx"), counter("4xx"), counter("5xx"))
            duration = MetricCatalog.httpRequestDuration.timer(route, in: metrics)
        }

        func count(_ status: HTTPResponse.Status, _ time: TimeAmount) {
            switch status.kind {
            case .clientError: refused.increment()
            case .serverError: failed.increment()
            default: succeeded.increment()
            }
            duration.recordNanoseconds(time.nanoseconds)
        }
    }

    /// Of a path in the log.
    private static let pathByteCountMax = 1_024

    private let table: RouteTable
    private let tokens: BearerTokens?
    private let counts: [Counts]
    private let unknown: Counts
    private let logger: Logger

    init(_ table: RouteTable, tokens: BearerTokens?, metrics: MetricRegistry, logger: Logger) {
        (self.table, self.tokens, self.logger) = (table, tokens, logger)
        counts = table.routes.map { Counts($0.label, metrics) }
        unknown = Counts("unknown", metrics)
    }

    func respond(to request: Request, context: Context) async -> Response {
        let start = NIODeadline.now()
        let id = RequestID.of(request.headers)
        let (method, path) = (request.method, request.uri.path)
        let found = table.find(path)
        var response: Response
        do {
            response = try await answer(request, found)
        } catch {
            let failure = HTTPFailure(error)
            if failure.status == .internalServerError {
                logger.error(
                    "http.failed", metadata: ["request_id": .string(id), "error": .string("\(error)")])
            }
            response = failure.response
        }
        response.headers[RequestID.field] = id
        if method == .head { response.withoutBody() }

        let time = NIODeadline.now() - start
        (found.map { counts[$0.route] } ?? unknown).count(response.status, time)
        let status = response.status.code
        logger.debug(
            "http.request",
            metadata: [
                "request_id": .string(id), "method": .string(method.rawValue),
                "path": .string(String(decoding: path.utf8.prefix(RequestResponder.pathByteCountMax), as: UTF8.self)),
                "status": .stringConvertible(status),
                "seconds": .stringConvertible(Double(time.nanoseconds) / 1e9),
            ])
        return response
    }

    private func answer(_ request: consuming Request, _ found: (route: Int, rest: String)?) async throws -> Response {
        guard let (place, rest) = found else { throw HTTPFailure(.notFound, "Not Found") }
        let route = table.routes[place]
        if route.isProtected, let tokens, !tokens.admit(request.headers) {
            throw HTTPFailure(
                .unauthorized, "a bearer token is needed", headers: [.wwwAuthenticate: "Bearer"])
        }
        let method = request.method
        guard let handler = route.methods.first(where: { $0.method == method })?.handler else {
            throw HTTPFailure(.methodNotAllowed, "Method Not Allowed", headers: [.allow: route.allowed])
        }
        return try await handler(request, rest)
    }
}

extension Response {
    /// As HEAD has it: all headers, with the length of the body that is left out.
    fileprivate mutating func withoutBody() {
        let length = headers[.contentLength]
        body = ResponseBody()
        headers[.contentLength] = length
    }
}
