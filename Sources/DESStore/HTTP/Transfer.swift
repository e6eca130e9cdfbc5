import CDESStore
import DESCore
import Synchronization

/// One exchange on its way.
final class Transfer: @unchecked Sendable {  // all but `isCancelled` belongs to the driver's thread
    let request: HTTPRequest
    /// Set from any thread; the driver looks at it when it starts the transfer and when it is woken.
    let isCancelled = Atomic(false)

    var continuation: CheckedContinuation<HTTPResponse, any Error>?
    private var response = HTTPResponse(status: 0)
    private var sentByteCount = 0
    private var isTooLong = false
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// libcurl's own words on a failure.
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    private static let directHosts =
        "localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,fd00:ec2::23"

    init(_ request: HTTPRequest) {
        self.request = request
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_slist_free_all(headers)
        message.deallocate()
    }

    /// Describes the transfer to libcurl.
    func configure(_ easy: UnsafeMutableRawPointer, _ options: HTTPClient.Options) {
        let hasBody = !request.body.isEmpty || request.method == "PUT" || request.method == "POST"
        des_curl_set_pointer(easy, CURLOPT_URL, request.url)
        switch request.method {
        case "GET": des_curl_set_long(easy, CURLOPT_HTTPGET, 1)
        case "HEAD": des_curl_set_long(easy, CURLOPT_NOBODY, 1)
        default:
            if hasBody { des_curl_set_long(easy, CURLOPT_UPLOAD, 1) }
            des_curl_set_pointer(easy, CURLOPT_CUSTOMREQUEST, request.method)
        }
        if hasBody { des_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, Int64(request.body.count)) }
        // An empty body needs no rewinding to be sent again.
        if hasBody, request.body.isEmpty { des_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }
        for header in request.headers {
            // A header without a value is written with a semicolon, or libcurl would leave it out.
            headers = curl_slist_append(
                headers, header.value.isEmpty ? header.name + ";" : header.name + ": " + header.value)
        }
        headers = curl_slist_append(headers, "Expect:")
        des_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
        des_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message)
        des_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        des_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        des_curl_set_pointer(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // What is asked for credentials is never asked through a proxy, nor is what this machine serves itself.
        des_curl_set_pointer(
            easy, CURLOPT_NOPROXY, Transfer.directHosts + options.directHosts.map { "," + $0 }.joined())
        des_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        des_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        des_curl_set_long(easy, CURLOPT_BUFFERSIZE, 256 << 10)
        des_curl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
        des_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.milliseconds)
        des_curl_set_long(easy, CURLOPT_TIMEOUT_MS, request.timeout.milliseconds)
        if !request.mayBeSilent {
            des_curl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1_024)
            des_curl_set_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, options.stallTimeout.milliseconds / 1_000))
        }
        if let certificates = options.certificates { des_curl_set_pointer(easy, CURLOPT_CAINFO, certificates) }
        des_curl_set_callbacks(
            easy,
            { bytes, size, count, context in Transfer.at(context)?.send(into: bytes, size * count) ?? 0 },
            // A kept connection that was closed: libcurl would send the request again. Whether that is right is not for it to
            // decide, as the first one may have been done.
            { _, _, _ in CURL_SEEKFUNC_FAIL },
            { bytes, size, count, context in Transfer.at(context)?.takeHeader(bytes, size * count) ?? 0 },
            { bytes, size, count, context in Transfer.at(context)?.take(bytes, size * count) ?? 0 },
            Unmanaged.passUnretained(self).toOpaque())
    }

    static func at(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func send(into buffer: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        let count = min(room, request.body.count - sentByteCount)
        guard let buffer, count > 0 else { return 0 }
        request.body.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: buffer, count: room)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sentByteCount..<sentByteCount + count]))
        }
        sentByteCount += count
        return count
    }

    private func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // The one before was an interim answer.
            response.headers = [:]
            response.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            response.headers[line[..<colon].lowercased()] = String(value.trimmingWhitespace)
        }
        return count
    }

    private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard response.body.count + count <= request.answerByteCountMax else {
            if response.status >= 400 { return count }  // a refusal stays one, whatever is told about it
            isTooLong = true
            return 0  // not what came: the transfer ends
        }
        if response.body.isEmpty, let length = response.headers["content-length"].flatMap({ Int($0) }) {
            response.body.reserveCapacity(max(count, min(length, request.answerByteCountMax)))
        }
        response.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    /// The transfer is over: its task goes on, once.
    func finish(_ result: CURLcode, status: Int) {
        if result == CURLE_OK {
            response.status = status
            resume(.success(response))
        } else {
            resume(.failure(failure(result)))
        }
    }

    func resume(_ result: Result<HTTPResponse, any Error>) {
        continuation?.resume(with: result)
        continuation = nil
    }

    private func failure(_ result: CURLcode) -> DESError {
        if isTooLong {
            return DESError(
                .unsupported, "the answer is longer than the \(request.answerByteCountMax) bytes that were expected")
        }
        let text = String(cString: message)
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(result)) : text
        switch result {
        case CURLE_URL_MALFORMAT: return DESError(.invalidArgument, reason)
        case CURLE_SSL_CACERT_BADFILE, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM:
            return DESError(.unavailable, reason)
        default:
            var error = DESError(.unavailable, reason)
            error.isTransient = true
            return error
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int {
        Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}

extension Substring {
    /// Without spaces, tabs and line ends around it.
    var trimmingWhitespace: Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }
}
