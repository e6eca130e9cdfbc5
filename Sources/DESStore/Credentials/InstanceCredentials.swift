internal import DESCore

/// The metadata service of an EC2 instance, version 2. Version 1 is not asked: it answers forged requests.
struct InstanceCredentials: CredentialProvider {
    let environment: Environment
    let fetch: HTTPFetch
    let name = "instance metadata"

    /// It is on the same machine, and everywhere else nobody answers: both are known soon.
    private static let timeout: Duration = .seconds(1)
    private static let path = "/latest/meta-data/iam/security-credentials/"

    func find() async throws -> CredentialFinding {
        if try environment.flag("AWS_EC2_METADATA_DISABLED") { return .absent("AWS_EC2_METADATA_DISABLED is true") }
        let setting = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
        let endpoint =
            try environment[setting].map { text throws(DESError) in try Endpoint(parsing: text, setting: setting) }
            ?? Endpoint(isSecure: false, host: "169.254.169.254")
        let answer: HTTPResponse
        do {
            answer = try await fetch(
                HTTPRequest(
                    method: "PUT", url: endpoint.url + "/latest/api/token",
                    headers: [("X-aws-ec2-metadata-token-ttl-seconds", "21600")], timeout: Self.timeout))
        } catch let error as DESError where error.code == .unavailable {
            return .absent("no answer from \(endpoint.url): \(error.message)")
        }
        switch answer.status {
        case 200: break
        case 500...: throw answer.refusal(endpoint.url)
        default: return .absent("\(endpoint.url) answered status \(answer.status) instead of a token")
        }
        let token = try String(decoding: answer.body, as: UTF8.self).checkedForHeader("token", place: endpoint.url)
        return try await credentials(endpoint, token)
    }

    private func credentials(_ endpoint: Endpoint, _ token: String) async throws -> CredentialFinding {
        let headers = [("X-aws-ec2-metadata-token", token)].map { (name: $0.0, value: $0.1) }
        let url = endpoint.url + Self.path
        let roles = try await fetch(HTTPRequest(url: url, headers: headers, timeout: Self.timeout))
        if roles.status == 404 { return .absent("the instance has no role") }
        guard roles.status == 200 else { throw roles.refusal(url) }
        let role = String(decoding: roles.body.trimmed.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        guard !role.isEmpty, role.utf8.allSatisfy({ $0.isUnreserved || "+=,@".utf8.contains($0) }) else {
            throw DESError(.invalidArgument, "expected the name of a role", place: url)
        }
        let answer = try await fetch(HTTPRequest(url: url + role, headers: headers, timeout: Self.timeout))
        guard answer.status == 200 else { throw answer.refusal(url + role) }
        return .found(try InstanceCredentials.credentials(answer.body, place: url + role))
    }

    /// A role that cannot be taken is answered with status 200 and a code that says so.
    private static func credentials(_ body: [UInt8], place: String) throws(DESError) -> Credentials {
        let json = try JSON(parsingAnswer: body, place: place)
        if let code = json["Code"]?.stringValue, code != "Success" {
            let shown = code.utf8.allSatisfy(\.isUnreserved) ? " (\(code))" : ""
            throw DESError(.denied, "the role gives no credentials\(shown)", place: place)
        }
        return try Credentials(json, tokenKey: "Token", place: place)
    }
}
