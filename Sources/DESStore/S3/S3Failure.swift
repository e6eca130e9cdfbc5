import DESCore

/// What an answer that is no success means.
struct S3Failure: Sendable {
    /// S3's word for it, such as `NoSuchKey`; empty if the answer has none.
    let code: String
    let error: DESError

    /// - Parameters:
    ///   - what: what was asked for, for the message: `GET s3://bucket/key`.
    ///   - condition: what a failed precondition means for this request.
    init(_ response: HTTPResponse, _ what: String, condition: DESError.Code = .changed) {
        let document = response.body.isEmpty ? nil : try? XMLElement(response.body)
        let fault = document.flatMap { $0.name == "Error" ? $0 : $0["Error"] }
        code = fault?.text("Code") ?? ""
        let message = fault?.text("Message") ?? ""
        let (kind, isTransient) = S3Failure.classify(response.status, code, condition)
        var text = "\(what): status \(response.status)"
        if !code.isEmpty { text += " " + code }
        if !message.isEmpty { text += " (\(message))" }
        if let advice = S3Failure.advice(response, code) { text += "; " + advice }
        var error = DESError(kind, text)
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
