import DESCore
import HTTPTypes
import Testing

@testable import DESRuntime

@Suite("What errors mean for clients")
struct HTTPFailureTests {
    private static func transient(_ code: DESError.Code, after time: Duration? = nil) -> DESError {
        var error = DESError(code, "x")
        error.isTransient = true
        error.retryAfter = time
        return error
    }

    @Test(
        "only what may be mended by waiting says when to come again",
        arguments: [
            (DESError(.unavailable, "x"), 503, "1"), (DESError(.conflict, "x"), 503, "1"),
            (transient(.denied), 503, "1"), (transient(.unavailable, after: .milliseconds(1_500)), 503, "2"),
            (DESError(.corrupt, "x"), 503, nil), (DESError(.denied, "x"), 503, nil),
            (DESError(.notFound, "x"), 503, nil),
            (DESError(.invalidArgument, "x"), 400, nil),
        ])
    func retry(error: DESError, status: Int, seconds: String?) {
        let failure = HTTPFailure(error)
        #expect(failure.status.code == status && failure.headers[.retryAfter] == seconds && failure.detail == "x")
    }

    @Test("no client is told where files are")
    func paths() {
        let placed = DESError(.unavailable, "cannot lock: input/output error", place: "/var/lib/des/node-1")
        #expect(HTTPFailure(placed).detail == "cannot lock: input/output error")
        #expect(!HTTPFailure(DESError(.corrupt, "no lease in /var/lib/des/node-1")).detail.contains("var"))
    }

    @Test("a request that was cancelled is no fault of its client")
    func cancelled() {
        let failure = HTTPFailure(CancellationError())
        #expect(failure.status == .serviceUnavailable && failure.headers[.retryAfter] == "1")
    }
}
