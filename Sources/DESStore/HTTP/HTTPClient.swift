import DESCore
import Synchronization

/// A request whose body is in memory.
struct HTTPRequest: Sendable {
    var method = "GET"
    var url: String
    /// In this order; names as they go on the wire.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// More bytes than this in the answer are an error: nothing is read without a bound.
    var answerByteCountMax = 1 << 20
    /// The whole exchange, from the first packet to the last byte.
    var timeout: Duration = .seconds(60)
    /// The server may take all of ``timeout`` before it says anything.
    var mayBeSilent = false
}

/// The answer to an ``HTTPRequest``.
struct HTTPResponse: Sendable {
    var status: Int
    /// Names in lower case; of a repeated one the last value.
    var headers: [String: String] = [:]
    var body: [UInt8] = []
}

/// HTTP/1.1 with connections that are kept and used again. libcurl moves the bytes, on one thread of its own.
///
/// A task that is cancelled ends its transfer. Nothing is retried and no redirection is followed.
final class HTTPClient: Sendable {
    /// How connections are made.
    struct Options: Sendable {
        /// Connections to one host at one time; more requests wait for one.
        var connectionCountMax = 64
        /// From the look-up of the name to the end of the TLS handshake.
        var connectTimeout: Duration = .seconds(10)
        /// After so long with less than 1 KiB/s a transfer is given up.
        var stallTimeout: Duration = .seconds(20)
        /// Hosts that are never reached through a proxy, as in `NO_PROXY`.
        var directHosts: [String] = []
        /// Certificates to trust in place of the system's.
        var certificates: String?
    }

    private let driver: TransferDriver

    /// - Throws: ``DESError/Code/unavailable`` if no thread can be started.
    init(_ options: Options = Options()) throws { driver = try TransferDriver(options) }

    deinit { driver.stop() }

    /// Sends `request` and waits for the whole answer, whatever its status.
    /// - Throws: ``DESError/Code/unavailable`` if there is no whole answer; `CancellationError`.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let transfer = Transfer(request)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                driver.start(transfer, continuation)
            }
        } onCancel: {
            driver.cancel(transfer)
        }
    }
}
