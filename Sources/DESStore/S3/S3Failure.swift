import DESCore

/// What an answer that is no success means.
struct S3Failure: Sendable {
    /// S3's word for it, such as `NoSuchKey`; empty if the answer has none.
    let code: String
    let error: DESError

    /// - Parameters:
    ///   - method: what was asked, for the message.
    ///   - place: of what.
    ///   - condition: what a failed precondition means for this request.
    init(_ response: HTTPResponse, _ method: String, _ place: String, condition: DESError.Code = .changed) {
        let document = response.body.isEmpty ? nil : try? XMLElement(response.body)
        let fault = document.flatMap { $0.name == "Error" ? $0 : $0["Error"] }
        code = fault?.text("Code") ?? ""
        let message = fault?.text("Message") ?? ""
        let (kind, isTransient) = S3Failure.classify(response.status, code, condition)
        var text = S3Failure.words(code, kind) ?? "the request was refused"
        text += " (\(method): status \(response.status)"
        if !code.isEmpty { text += " " + code }
        text += message.isEmpty ? ")" : ", \(message))"
        if let advice = S3Failure.advice(response, code) { text += "; " + advice }
        var error = DESError(kind, text, place: place)
        error.isTransient = isTransient
        if let seconds = response.headers["retry-after"].flatMap({ Int($0) }), (0...3_600).contains(seconds) {
            error.retryAfter = .seconds(seconds)
        }
        self.error = error
    }

    /// The credentials are the reason, and others may do.
    var isExpiry: Bool { ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"].contains(code) }

    private static func classify(
        _ status: Int, _ code: String, _ condition: DESError.Code
    ) -> (DESError.Code, isTransient: Bool) {
        switch (status, code) {
        case (_, "RequestTimeout"), (_, "BadDigest"), (_, "XAmzContentSHA256Mismatch"), (_, "IncompleteBody"):
            (.unavailable, true)
        case (_, "ExpiredToken"), (_, "InvalidToken"), (_, "RequestTimeTooSkewed"): (.denied, false)
        case (401, _), (403, _): (.denied, false)
        case (404, _), (410, _): (.notFound, false)
        case (409, "ConditionalRequestConflict"), (409, "OperationAborted"): (.unavailable, true)
        case (409, _): (.conflict, false)
        case (412, _), (304, _): (condition, false)
        case (405, _), (501, _): (.unsupported, false)
        case (408, _), (429, _), (500..., _): (.unavailable, true)
        default: (.invalidArgument, false)
        }
    }

    /// What that means to somebody who asked for it.
    private static func words(_ code: String, _ kind: DESError.Code) -> String? {
        switch (code, kind) {
        case ("NoSuchBucket", _): "there is no such bucket"
        case ("NoSuchUpload", _): "there is no such upload"
        case ("SignatureDoesNotMatch", _): "the secret key is wrong"
        case ("InvalidAccessKeyId", _): "the access key is not known"
        case ("RequestTimeTooSkewed", _): "the clocks differ too much"
        case (_, .notFound): "there is no such object"
        case (_, .conflict): "already exists, and is never overwritten unasked"
        case (_, .changed): "is not the version any more that was opened"
        case (_, .denied): "access was denied"
        case (_, .unavailable): "the store cannot answer now"
        case (_, .unsupported): "the store does not offer this"
        default: nil
        }
    }

    private static func advice(_ response: HTTPResponse, _ code: String) -> String? {
        switch (response.status, code) {
        case (_, "RequestTimeTooSkewed"):
            "the clock of this machine is off; the server says \(response.headers["date"] ?? "nothing")"
        case (300..<400, _):
            response.headers["x-amz-bucket-region"].map { "the bucket is in \($0): set AWS_REGION" }
        default: nil
        }
    }
}
