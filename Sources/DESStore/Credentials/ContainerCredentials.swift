internal import DESCore

/// The endpoint that ECS, EKS Pod Identity and others give to a container by `AWS_CONTAINER_CREDENTIALS_*`.
struct ContainerCredentials: CredentialProvider {
    let environment: Environment
    let fetch: HTTPFetch
    let name = "container"

    private static let relativeName = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    private static let fullName = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    /// Link-local addresses of ECS and EKS, the only ones besides loopback that plain http may go to.
    private static let hosts: Set = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    func find() async throws -> CredentialFinding {
        guard let (url, place) = try location() else {
            return .absent("neither \(Self.relativeName) nor \(Self.fullName) is set")
        }
        var request = HTTPRequest(url: url, headers: [("Accept", "application/json")], timeout: .seconds(5))
        if let token = try await authorization() { request.headers.append(("Authorization", token)) }
        let answer: HTTPResponse
        do { answer = try await fetch(request) } catch let error as DESError { throw error.at(place) }
        guard answer.status == 200 else { throw answer.refusal(place) }
        return .found(
            try Credentials(try JSON(parsingAnswer: answer.body, place: place), tokenKey: "Token", place: place))
    }

    /// The URL and the variable it comes from.
    private func location() throws(DESError) -> (url: String, place: String)? {
        if let path = environment[Self.relativeName] {
            let path = try path.checkedForHeader(Self.relativeName)
            guard path.utf8.first == UInt8(ascii: "/") else {
                throw DESError(.invalidArgument, "\(Self.relativeName): expected a path that begins with /")
            }
            return ("http://169.254.170.2" + path, Self.relativeName)
        }
        guard let url = try environment[Self.fullName]?.checkedForHeader(Self.fullName) else { return nil }
        // The path is the container service's own matter, and so is a query.
        let start = url.utf8.firstRange(of: "://".utf8)?.upperBound ?? url.startIndex
        let end = url.utf8[start...].firstIndex { "/?#".utf8.contains($0) } ?? url.endIndex
        let endpoint = try Endpoint(parsing: String(url[..<end]), setting: Self.fullName)
        guard endpoint.isSecure || endpoint.isLoopback || Self.hosts.contains(endpoint.host) else {
            throw DESError(
                .invalidArgument,
                "\(Self.fullName): plain http to \(endpoint.host) is refused; expected https, a loopback address or "
                    + "one of " + Self.hosts.sorted().joined(separator: ", "))
        }
        return (url, Self.fullName)
    }

    /// The file goes before the variable, and is read anew each time: its token is replaced.
    private func authorization() async throws -> String? {
        let (fileName, tokenName) = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
        guard let path = environment[fileName] else { return try environment[tokenName]?.checkedForHeader(tokenName) }
        guard let bytes = try await SmallFile.contentsIfAny(of: path) else {
            throw DESError(.invalidArgument, "\(fileName): there is no such file", place: path)
        }
        return try String(decoding: bytes, as: UTF8.self).checkedForHeader(fileName, place: path)
    }
}
