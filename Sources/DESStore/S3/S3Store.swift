public import DESCore
import Synchronization

/// A bucket of S3, or of something that speaks like it.
///
/// Every request is signed (Signature Version 4, the body's SHA-256 included), and every answer compared with what was
/// asked for. Nothing is retried here, except once with fresh credentials.
public final class S3Store: ObjectStore {
    /// How requests are made.
    public struct Options: Sendable {
        /// Connections at one time.
        public var connectionCountMax = 64
        /// A request takes at most this long, and a second more for each 16 KiB it moves.
        public var requestTimeout: Duration = .seconds(30)
        /// A transfer that moves less than 1 KiB/s for this long is given up.
        public var stallTimeout: Duration = .seconds(20)
        /// Putting the parts of an upload together takes at most this long, in which the store may be silent.
        public var completionTimeout: Duration = .seconds(600)

        /// The defaults.
        public init() {}

        fileprivate func timeout(bytes: Int) -> Duration { requestTimeout + .seconds(min(bytes >> 14, 86_400)) }
    }

    /// `s3://bucket`.
    public let name: String
    private let bucket: String
    private let settings: S3Settings
    private let credentials: CredentialSource
    private let options: Options
    private let client: HTTPClient
    private let now: @Sendable () -> Timestamp
    let createSupportFound = Mutex<CreateSupport?>(nil)

    /// The bucket `bucket`.
    /// - Throws: ``DESError/Code/invalidArgument`` for a name no bucket can have.
    public init(
        bucket: String, settings: S3Settings, credentials: CredentialSource, options: Options = Options(),
        now: @escaping @Sendable () -> Timestamp = { CredentialSource.systemTime }
    ) throws(DESError) {
        (self.bucket, self.settings, self.credentials) = (bucket, settings, credentials)
        (self.options, self.now) = (options, now)
        name = "s3://" + bucket
        _ = try settings.address(bucket: bucket)
        var connections = HTTPClient.Options()
        connections.connectionCountMax = options.connectionCountMax
        connections.stallTimeout = options.stallTimeout
        connections.certificates = settings.caBundle
        connections.directHosts = settings.directHosts
        do { client = try HTTPClient(connections) } catch { throw DESError(.unavailable, "\(error)", place: name) }
    }

    // MARK: Objects

    /// HEAD.
    public func head(_ key: String) async throws -> ObjectInfo {
        let response = try await exchange("HEAD", key)
        guard let byteCount = response.headers["content-length"].flatMap({ Int($0) }), byteCount >= 0 else {
            throw DESError(.unsupported, "the store does not say how long the object is", place: place(key))
        }
        return ObjectInfo(key: key, byteCount: byteCount, etag: try etag(of: response, key))
    }

    /// GET with a Range.
    public func get(_ key: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        let wanted: Int
        let header: String
        switch range {
        case .bytes(let range):
            wanted = range.count
            header = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        case .suffix(let count):
            wanted = count
            header = "bytes=-\(count)"
        }
        try range.check(at: place(key))
        guard wanted > 0 else { return try await nothing(key, range, etag) }
        var headers = [("Range", header)]
        if let etag { headers.append(("If-Match", "\"\(etag)\"")) }
        let response = try await exchange(
            "GET", key, headers: headers, answerByteCountMax: max(wanted, S3Store.errorByteCountMax),
            accepting: [416])
        if response.status == 416 { return try await nothing(key, range, etag) }
        let part = try RangeAnswer(response, range).bytes(place(key))
        let found = try self.etag(of: response, key)
        if let etag, found != etag { throw otherVersion(key, wanted: etag, found: found) }
        return ObjectBytes(bytes: part.bytes, start: part.start, byteCount: part.byteCount, etag: found)
    }

    /// No bytes, of the object as it is: nothing was wanted, or the store says that the range lies behind the end.
    private func nothing(_ key: String, _ range: ObjectRange, _ etag: ETag?) async throws -> ObjectBytes {
        let info = try await head(key)
        if let etag, info.etag != etag { throw otherVersion(key, wanted: etag, found: info.etag) }
        let bounds = range.bounds(in: info.byteCount)
        guard bounds.isEmpty else {
            if case .suffix = range {
                throw DESError(.unsupported, "the store does not know ranges from the end", place: place(key))
            }
            var error = DESError(
                .unavailable, "the store refuses a range of an object that has \(info.byteCount) bytes",
                place: place(key))
            error.isTransient = true
            throw error
        }
        return ObjectBytes(bytes: [], start: bounds.lowerBound, byteCount: info.byteCount, etag: info.etag)
    }

    /// PUT; `If-None-Match: *` if nothing may be replaced.
    public func put(_ key: String, _ body: [UInt8], _ mode: PutMode) async throws -> ETag {
        try check(key: key, body: body)
        var headers = [("x-amz-checksum-crc32c", S3Store.checksum(CRC32C.of(body.span.bytes)))]
        if mode == .create { headers.append(("If-None-Match", "*")) }
        let response = try await exchange("PUT", key, headers: headers, body: body, condition: .conflict)
        return try etag(of: response, key)
    }

    /// DELETE.
    public func delete(_ key: String) async throws {
        _ = try await exchange("DELETE", key, accepting: [404])
    }

    /// ListObjectsV2.
    public func list(_ prefix: String, isFlat: Bool, after token: String?) async throws -> ListPage {
        try check(prefix: prefix)
        var query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", prefix)]
        if !isFlat { query.append(("delimiter", "/")) }
        if let token { query.append(("continuation-token", token)) }
        let response = try await exchange("GET", nil, query: query, answerByteCountMax: 16 << 20)
        return try ListPage(XMLElement(response.body), place: name)
    }

    /// A URL that is signed in its query.
    public func presignedURL(_ key: String, seconds: Int) async throws -> String {
        guard (1...604_800).contains(seconds) else {
            throw DESError(.invalidArgument, "a presigned URL is good for 1 to 604800 seconds, not \(seconds)")
        }
        let address = try address(key)
        guard let signature = signature(try await credentials.credentials()) else { return address.url }
        let query = signature.presignedQuery(
            method: "GET", path: address.path, host: address.authority, seconds: seconds)
        return address.url + "?" + query
    }

    // MARK: Uploads of several parts

    /// CreateMultipartUpload.
    public func beginUpload(_ key: String) async throws -> UploadID {
        let response = try await exchange(
            "POST", key, query: [("uploads", "")], headers: [("x-amz-checksum-algorithm", "CRC32C")])
        guard let text = try XMLElement(response.body).text("UploadId"), !text.isEmpty else {
            throw DESError(.unsupported, "the store began an upload without an UploadId", place: place(key))
        }
        return UploadID(text)
    }

    /// UploadPart.
    public func putPart(
        _ key: String, _ upload: UploadID, number: Int, _ body: [UInt8]
    ) async throws -> UploadedPart {
        try check(key: key, part: number, body: body)
        let crc = CRC32C.of(body.span.bytes)
        let response = try await exchange(
            "PUT", key, query: [("partNumber", String(number)), ("uploadId", upload.text)],
            headers: [("x-amz-checksum-crc32c", S3Store.checksum(crc))], body: body)
        return UploadedPart(
            number: number, etag: try etag(of: response, key), byteCount: body.count, crc: crc)
    }

    /// CompleteMultipartUpload. An error may come with status 200, and an ETag may be missing (Ceph): then HEAD gives it.
    public func completeUpload(
        _ key: String, _ upload: UploadID, _ parts: [UploadedPart], _ mode: PutMode
    ) async throws -> ETag {
        try check(key: key, parts: parts)
        try check(key: key, partByteCounts: parts.map(\.byteCount))
        let list = parts.map { part in
            "<Part><ETag>&quot;\(part.etag)&quot;</ETag><PartNumber>\(part.number)</PartNumber>"
                + "<ChecksumCRC32C>\(S3Store.checksum(part.crc))</ChecksumCRC32C></Part>"
        }
        let body =
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            + list.joined() + "</CompleteMultipartUpload>"
        let response = try await exchange(
            "POST", key, query: [("uploadId", upload.text)], headers: mode == .create ? [("If-None-Match", "*")] : [],
            body: Array(body.utf8), condition: .conflict, patience: options.completionTimeout)
        let document = try XMLElement(response.body)
        guard document.name == "CompleteMultipartUploadResult" else {
            var failed = response
            failed.status = 500
            throw S3Failure(failed, "POST", place(key), condition: .conflict).error
        }
        if let text = document.text("ETag")?.filter({ $0 != "\"" }), !text.isEmpty { return ETag(text) }
        return try await head(key).etag
    }

    /// AbortMultipartUpload.
    public func abortUpload(_ key: String, _ upload: UploadID) async throws {
        _ = try await exchange("DELETE", key, query: [("uploadId", upload.text)], accepting: [404])
    }

    // MARK: Requests

    /// Room for the document that says what went wrong.
    private static let errorByteCountMax = 64 << 10

    private func address(_ key: String?) throws(DESError) -> S3Address {
        if let key { try check(key: key) }
        return try settings.address(bucket: bucket, key: key ?? "")
    }

    private func signature(_ credentials: Credentials) -> Signature? {
        guard !credentials.isAnonymous else { return nil }
        return Signature(
            accessKey: credentials.accessKeyID, secret: credentials.secret.value,
            token: credentials.sessionToken?.value, region: settings.region, time: now())
    }

    /// One request and its answer, with status 2xx or one that is accepted.
    private func exchange(
        _ method: String, _ key: String?, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: [UInt8] = [], answerByteCountMax: Int = S3Store.errorByteCountMax, accepting: Set<Int> = [],
        condition: DESError.Code = .changed, patience: Duration? = nil
    ) async throws -> HTTPResponse {
        let hash = try await S3Store.hash(body)
        var hasFreshCredentials = false
        while true {
            let address = try address(key)
            var request = HTTPRequest(method: method, url: address.url, body: body)
            if !query.isEmpty { request.url += "?" + Signature.canonical(query) }
            request.headers = headers
            let used = try await credentials.credentials()
            if let signature = signature(used) {
                request.headers += signature.headers(
                    method: method, path: address.path, query: query, headers: [("Host", address.authority)] + headers,
                    payloadHash: hash)
            }
            request.answerByteCountMax = answerByteCountMax
            request.timeout = patience ?? options.timeout(bytes: max(body.count, answerByteCountMax))
            request.mayBeSilent = patience != nil
            let response: HTTPResponse
            do {
                response = try await client.send(request)
            } catch let error as DESError {
                throw error.at(key.map(place) ?? name)
            }
            if (200..<300).contains(response.status) || accepting.contains(response.status) { return response }
            let failure = S3Failure(response, method, key.map(place) ?? name, condition: condition)
            // The answer to HEAD has no document that could say so.
            let mayBeExpiry = method == "HEAD" && used.sessionToken != nil && [400, 403].contains(response.status)
            guard failure.isExpiry || mayBeExpiry, !hasFreshCredentials else { throw failure.error }
            hasFreshCredentials = true
            credentials.invalidate(used)
        }
    }

    /// Hashing some MiB takes milliseconds, which are not spent on the threads that all tasks share.
    private static func hash(_ body: [UInt8]) async throws -> String {
        if body.count < 64 << 10 { return SHA256.of(body).hexadecimal }
        return try await BlockingPool.shared.run { SHA256.of(body).hexadecimal }
    }

    private func etag(of response: HTTPResponse, _ key: String) throws(DESError) -> ETag {
        guard let text = response.headers["etag"]?.filter({ $0 != "\"" }), !text.isEmpty else {
            throw DESError(.unsupported, "the store gives the object no ETag", place: place(key))
        }
        return ETag(text)
    }

    private static func checksum(_ crc: UInt32) -> String {
        withUnsafeBytes(of: crc.bigEndian) { [UInt8]($0) }.base64
    }
}
