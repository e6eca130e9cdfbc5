internal import DESCore

/// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`, as Kubernetes sets them for a service account.
struct WebIdentityCredentials: CredentialProvider {
    let environment: Environment
    let fetch: HTTPFetch
    let name = "web identity"

    func find() async throws -> CredentialFinding {
        let (fileName, roleName) = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")
        let file = environment[fileName]
        let role = environment[roleName]
        guard file != nil || role != nil else { return .absent("\(fileName) is not set") }
        guard let file else { throw DESError.half(set: roleName, missing: fileName) }
        guard let role else { throw DESError.half(set: fileName, missing: roleName) }
        let request = WebIdentityRequest(
            role: role, sessionName: environment["AWS_ROLE_SESSION_NAME"], tokenFile: file,
            endpoint: try await Profile.load(environment).tokenService(environment))
        return .found(try await request.credentials(fetch))
    }
}

/// AssumeRoleWithWebIdentity of the Security Token Service: a signed token of somebody else against credentials.
struct WebIdentityRequest: Sendable {
    var role: String
    var sessionName: String?
    /// Read anew each time: it is replaced before it expires.
    var tokenFile: String
    var endpoint: Endpoint

    func credentials(_ fetch: HTTPFetch) async throws -> Credentials {
        guard let bytes = try await SmallFile.contentsIfAny(of: tokenFile) else {
            throw DESError(.invalidArgument, "there is no such file; expected a web identity token", place: tokenFile)
        }
        let token = try String(decoding: bytes, as: UTF8.self).checkedForHeader("web identity token", place: tokenFile)
        let answer = try await fetch(request(token: token))
        guard answer.status == 200 else {
            // Its code, such as ExpiredTokenException, and not its message, which may quote what was sent.
            let code = (try? XMLElement(answer.body))?.onlyText("Code")
            let detail = code.flatMap { $0.utf8.allSatisfy(\.isUnreserved) ? " (\($0))" : nil } ?? ""
            throw answer.refusal(endpoint.url, detail)
        }
        return try WebIdentityRequest.credentials(answer.body, place: endpoint.url)
    }

    private func request(token: String) -> HTTPRequest {
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", sessionName ?? "des"), ("WebIdentityToken", token),
        ]
        let form = fields.map { $0 + "=" + $1.percentEncoded() }.joined(separator: "&")
        return HTTPRequest(
            method: "POST", url: endpoint.url + "/",
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/xml")],
            body: Array(form.utf8), timeout: .seconds(30))
    }

    private static func credentials(_ body: [UInt8], place: String) throws(DESError) -> Credentials {
        let answer = try? XMLElement(body)
        func text(_ name: String) throws(DESError) -> String {
            guard let text = answer?.onlyText(name) else {
                throw DESError(
                    .invalidArgument, "expected XML with one element \(name) that has plain text", place: place)
            }
            return try text.checkedForHeader(name, place: place)
        }
        return Credentials(
            accessKeyID: try text("AccessKeyId"), secret: try text("SecretAccessKey"),
            sessionToken: try text("SessionToken"),
            expiry: try Timestamp(checking: try text("Expiration"), "Expiration", place: place))
    }
}

extension Profile {
    /// Where the Security Token Service is: where the settings say, for it or for all services, or that of the region.
    func tokenService(_ environment: Environment) throws(DESError) -> Endpoint {
        if let endpoint = try endpoint(["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"], environment) { return endpoint }
        let region = try region(environment)
        return Endpoint(host: "sts." + region + "." + Endpoint.amazonDomain(region: region))
    }
}
