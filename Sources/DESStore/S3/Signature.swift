import DESCore

/// AWS Signature Version 4, for S3: by headers, or in a URL.
///
/// Source: "Signature Version 4 signing process" of the Amazon S3 API reference. Unlike other services S3 takes the path
/// as it is on the wire, encoded once and not normalised.
struct Signature: Sendable {
    var accessKey: String
    var secret: String
    /// Session token of temporary credentials.
    var token: String?
    var region: String
    var service = "s3"
    /// When the request is made; servers allow a skew of 15 minutes.
    var time: Timestamp

    /// The hash that stands for a body which is not signed.
    static let unsignedPayload = "UNSIGNED-PAYLOAD"

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// The headers that authenticate a request, to be sent with `headers`.
    /// - Parameters:
    ///   - path: percent-encoded, as on the wire.
    ///   - headers: all that are signed, `host` among them.
    ///   - payloadHash: hexadecimal SHA-256 of the body.
    func headers(
        method: String, path: String, query: [(name: String, value: String)], headers: [(name: String, value: String)],
        payloadHash: String
    ) -> [(name: String, value: String)] {
        var added = [("x-amz-content-sha256", payloadHash), ("x-amz-date", date)]
        if let token { added.append(("x-amz-security-token", token)) }
        let signed = headers + added
        let signature = sign(
            method: method, path: path, query: Signature.canonical(query), headers: signed, payloadHash: payloadHash)
        let value =
            "\(Signature.algorithm) Credential=\(accessKey)/\(scope),SignedHeaders=\(Signature.names(signed)),"
            + "Signature=\(signature)"
        return added + [("Authorization", value)]
    }

    /// The query that lets anybody make the request for `seconds`, percent-encoded.
    func presignedQuery(method: String, path: String, host: String, seconds: Int) -> String {
        let headers = [("host", host)]
        var query = [
            ("X-Amz-Algorithm", Signature.algorithm), ("X-Amz-Credential", "\(accessKey)/\(scope)"),
            ("X-Amz-Date", date), ("X-Amz-Expires", String(seconds)), ("X-Amz-SignedHeaders", "host"),
        ]
        if let token { query.append(("X-Amz-Security-Token", token)) }
        let canonical = Signature.canonical(query)
        let signature = sign(
            method: method, path: path, query: canonical, headers: headers, payloadHash: Signature.unsignedPayload)
        return canonical + "&X-Amz-Signature=" + signature
    }

    /// `name=value&…`, percent-encoded and sorted as the signature wants it, which is also how it is sent.
    static func canonical(_ query: [(name: String, value: String)]) -> String {
        var members = query.map { ($0.name.percentEncoded(), $0.value.percentEncoded()) }
        members.sort { $0 < $1 }
        return members.map { $0 + "=" + $1 }.joined(separator: "&")
    }

    private func sign(
        method: String, path: String, query: String, headers: [(name: String, value: String)], payloadHash: String
    ) -> String {
        let lines = Signature.sorted(headers).map { header in
            header.name + ":" + header.value.split(separator: " ").joined(separator: " ") + "\n"
        }
        let request = [method, path, query, lines.joined(), Signature.names(headers), payloadHash].joined(
            separator: "\n")
        let text = [Signature.algorithm, date, scope, SHA256.of(Array(request.utf8)).hexadecimal]
            .joined(separator: "\n")
        let key = [region, service, "aws4_request"].reduce(hmac(day, Array(("AWS4" + secret).utf8))) { hmac($1, $0) }
        return hmac(text, key).hexadecimal
    }

    private func hmac(_ text: String, _ key: [UInt8]) -> [UInt8] { SHA256.authenticate(Array(text.utf8), key: key) }

    private static func names(_ headers: [(name: String, value: String)]) -> String {
        sorted(headers).map(\.name).joined(separator: ";")
    }

    /// In lower case, by name.
    private static func sorted(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        headers.map { (name: $0.name.lowercased(), value: $0.value) }.sorted { $0.name < $1.name }
    }

    /// `20130524T000000Z`.
    private var date: String {
        let text = Timestamp(seconds: time.seconds, nanoseconds: 0).text ?? ""
        return String(text.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }

    private var day: String { String(date.prefix(8)) }
    private var scope: String { "\(day)/\(region)/\(service)/aws4_request" }
}
