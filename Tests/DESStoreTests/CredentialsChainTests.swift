import DESCore
import Testing

@testable import DESStore

@Suite("The credential chain")
struct CredentialsChainTests {
    @Test("of every two places that are set up, the earlier one wins; each of them works alone")
    func precedence() async throws {
        for (index, first) in CredentialPlace.allCases.enumerated() {
            for second in CredentialPlace.allCases[index...] {
                var world = try World()
                try second.setUp(&world)
                try first.setUp(&world)
                let found = try await world.chain().credentials()
                #expect(found.accessKeyID == first.rawValue, "\(first) and \(second)")
                #expect(found.secret.value == plantedSecret, "\(first) and \(second)")
            }
        }
    }

    @Test("where nothing is set up the error is `denied` and says why for each place")
    func nothing() async throws {
        let world = try World()
        let failure = await world.failure()
        let home = world.home.path
        #expect(failure?.code == .denied)
        #expect(
            failure?.description == """
                there are no credentials; tried environment: AWS_ACCESS_KEY_ID is not set; \
                web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; \
                profile: there is no profile "default" in \(home)/.aws/credentials or \(home)/.aws/config; \
                container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set; \
                instance metadata: no answer from http://169.254.169.254: connection refused
                """)
    }

    @Test(
        "what is set by half is an error that names what is missing, although a later place would do",
        arguments: [
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"), ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        ])
    func half(set: String, missing: String) async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        world.variables[set] = "something"
        world.variables[missing] = ""
        let failure = await world.failure()
        #expect(failure?.code == .invalidArgument)
        #expect(failure?.message == "\(set) is set, but \(missing) is not")
    }

    @Test("a session token of the environment goes along; one with a line break in it is refused")
    func sessionToken() async throws {
        var world = try World()
        try CredentialPlace.environment.setUp(&world)
        world.variables["AWS_SESSION_TOKEN"] = plantedToken
        #expect(try await world.chain().credentials().sessionToken?.value == plantedToken)
        world.variables["AWS_SESSION_TOKEN"] = "a\r\nX-Amz-Acl: public-read"
        #expect(await world.failure()?.message == "AWS_SESSION_TOKEN: expected printable ASCII without blanks")
    }

    // MARK: Web identity

    @Test("the token goes as a form to the region's endpoint, or where the settings say")
    func webIdentity() async throws {
        var world = try World()
        try CredentialPlace.webIdentity.setUp(&world)
        world.variables["AWS_REGION"] = "cn-north-1"
        let china = "https://sts.cn-north-1.amazonaws.com.cn/"
        world.web.answer("POST " + china, 200, CredentialPlace.xml(key: "K"))
        let found = try await world.chain().credentials()
        #expect(found.expiry == Timestamp("2030-01-31T09:05:00Z"))
        #expect(found.sessionToken?.value == plantedToken + "/+==")

        world.variables["AWS_ROLE_SESSION_NAME"] = "pod 1"
        for (name, port) in [("AWS_ENDPOINT_URL", 1), ("AWS_ENDPOINT_URL_STS", 2)] {
            world.variables[name] = "http://127.0.0.1:\(port)/"
            world.web.answer("POST http://127.0.0.1:\(port)/", 200, CredentialPlace.xml(key: "K"))
            _ = try await world.chain().credentials()
        }
        let requests = world.web.requests
        #expect(requests.map(\.url) == [china, "http://127.0.0.1:1/", "http://127.0.0.1:2/"])
        #expect(
            String(decoding: try #require(requests.last).body, as: UTF8.self)
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                + "&RoleSessionName=pod%201&WebIdentityToken=a.web%2Btoken")
    }

    @Test("the token file is read anew each time")
    func rotatedToken() async throws {
        var world = try World()
        try CredentialPlace.webIdentity.setUp(&world)
        let chain = world.chain()
        _ = try await chain.credentials()
        try world.home.write("second", to: "token")
        _ = try await chain.credentials()
        let bodies = world.web.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.last?.hasSuffix("=second") == true)
    }

    @Test("a token goes nowhere by plain http")
    func plainTokenService() async throws {
        var world = try World()
        try CredentialPlace.webIdentity.setUp(&world)
        world.variables["AWS_ENDPOINT_URL_STS"] = "http://sts.example.com"
        #expect(await world.failure()?.message.contains("AWS_ENDPOINT_URL_STS: plain http") == true)
        #expect(world.web.requests.isEmpty)
    }

    @Test("a refusal is `denied` with the service's code, a failure of the service is transient")
    func refusedToken() async throws {
        var world = try World()
        try CredentialPlace.webIdentity.setUp(&world)
        let body =
            "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>no</Message></Error></ErrorResponse>"
        world.web.answer("POST " + CredentialPlace.tokenService, 400, body)
        let refusal = await world.failure()
        #expect(refusal?.code == .denied)
        #expect(
            refusal?.description == "https://sts.us-east-1.amazonaws.com: answered status 400 (ExpiredTokenException) "
                + "instead of credentials")
        world.web.answer("POST " + CredentialPlace.tokenService, 503)
        let failure = await world.failure()
        #expect(failure?.code == .unavailable && failure?.isTransient == true)
    }

    @Test(
        "an answer with an element missing, twice, or not of plain text is refused",
        arguments: [
            ("<AccessKeyId>K</AccessKeyId>", ""), ("<AccessKeyId>", "<AccessKeyId>X</AccessKeyId><AccessKeyId>"),
            ("<AccessKeyId>K", "<AccessKeyId><b/>K"), ("2030-01-31T", "2030-02-31T"), ("</AccessKeyId>", ""),
        ])
    func badXML(part: String, replacement: String) async throws {
        let world = try answering(part, replacement)
        #expect(await world.failure()?.code == .invalidArgument)
    }

    @Test(
        "an answer is read as XML: comments, entities and attributes are no part of a text",
        arguments: [
            ("<AccessKeyId>", "<!--<AccessKeyId>X</AccessKeyId>--><AccessKeyId>", "K"),
            ("<AccessKeyId>K", "<AccessKeyId>K&amp;", "K&"), ("<AccessKeyId>", "<AccessKeyId a='b'>", "K"),
        ])
    func oddXML(part: String, replacement: String, key: String) async throws {
        let world = try answering(part, replacement)
        #expect(try await world.chain().credentials().accessKeyID == key)
    }

    /// The token service answers with `part` replaced.
    private func answering(_ part: String, _ replacement: String) throws -> World {
        var world = try World()
        try CredentialPlace.webIdentity.setUp(&world)
        let good = CredentialPlace.xml(key: "K")
        let range = try #require(good.firstRange(of: part))
        world.web.answer(
            "POST " + CredentialPlace.tokenService, 200, good.replacingCharacters(in: range, with: replacement))
        return world
    }

    // MARK: Container

    @Test(
        "plain http goes to loopback and to the addresses of ECS and EKS alone",
        arguments: [
            ("http://127.0.0.1/x", true), ("http://127.9.8.7:81/x?y=z", true), ("http://localhost/x", true),
            ("http://[::1]/x", true), ("http://[0:0:0:0:0:0:0:1]:80/x", true), ("http://169.254.170.2/x", true),
            ("http://169.254.170.23/v1", true), ("http://[fd00:ec2::23]/v1", true), ("https://example.com/x", true),
            ("http://example.com/x", false), ("http://169.254.169.254/x", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://127.0.0.1@example.com/", false), ("http://example.com#@127.0.0.1/", false),
            ("http://127.1/", false),
            ("ftp://127.0.0.1/x", false), ("http:127.0.0.1", false), ("127.0.0.1/x", false), ("http:///x", false),
        ])
    func containerHosts(url: String, isAllowed: Bool) async throws {
        var world = try World()
        world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
        world.web.answer("GET " + url, 200, CredentialPlace.json(key: "K"))
        if isAllowed {
            #expect(try await world.chain().credentials().accessKeyID == "K")
        } else {
            #expect(await world.failure()?.message.hasPrefix("AWS_CONTAINER_CREDENTIALS_FULL_URI: ") == true)
            #expect(world.web.requests.isEmpty)
        }
    }

    @Test("the authorization of the file goes before that of the variable, and the relative URI before the full one")
    func containerAuthorization() async throws {
        var world = try World()
        try CredentialPlace.container.setUp(&world)
        world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "https://example.com"
        world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic1"
        _ = try await world.chain().credentials()
        world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = try world.home.write(
            "Basic2\n", to: "authorization")
        _ = try await world.chain().credentials()
        let sent = world.web.requests.map { $0.headers.first { $0.name == "Authorization" }?.value }
        #expect(sent == ["Basic1", "Basic2"])
        #expect(world.web.requests.allSatisfy { $0.url == "http://169.254.170.2/v2/id" })
    }

    @Test("an endpoint that is set up but does not answer is an error, no reason to become the instance")
    func containerDown() async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/gone"
        #expect(await world.failure()?.description == "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: connection refused")
        world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "@example.com/"
        #expect(await world.failure()?.message.contains("begins with /") == true)
    }

    // MARK: Instance

    @Test("version 2 of the protocol: a token by PUT, then the role, then its credentials")
    func instanceProtocol() async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        let found = try await world.chain().credentials()
        #expect(found.sessionToken?.value == plantedToken && found.expiry == Timestamp("2030-01-31T09:05:00Z"))
        let requests = world.web.requests
        #expect(requests.map(\.method) == ["PUT", "GET", "GET"])
        #expect(requests.first?.headers.first?.name == "X-aws-ec2-metadata-token-ttl-seconds")
        for request in requests.dropFirst() {
            #expect(request.headers.map(\.name) == ["X-aws-ec2-metadata-token"])
            #expect(request.headers.map(\.value) == [plantedToken])
        }
        #expect(requests.allSatisfy { $0.timeout <= .seconds(2) })
    }

    @Test("without a token nothing else is asked, and a service without IMDSv2 gives no credentials")
    func noVersion1() async throws {
        for status in [403, 404, 405] {
            var world = try World()
            try CredentialPlace.instance.setUp(&world)
            world.web.answer("PUT \(CredentialPlace.metadata)api/token", status)
            #expect(await world.failure()?.message.contains("answered status \(status) instead of a token") == true)
            #expect(world.web.requests.count == 1)
        }
    }

    @Test("it is not asked if it is disabled, and elsewhere if it is elsewhere")
    func instanceSettings() async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://[fd00:ec2::254]/"
        #expect(await world.failure()?.message.contains("no answer from http://[fd00:ec2::254]:") == true)
        #expect(world.web.requests.map(\.url) == ["http://[fd00:ec2::254]/latest/api/token"])
        world.variables["AWS_EC2_METADATA_DISABLED"] = "True"
        #expect(await world.failure()?.message.hasSuffix("AWS_EC2_METADATA_DISABLED is true") == true)
        #expect(world.web.requests.count == 1)
        world.variables["AWS_EC2_METADATA_DISABLED"] = "yes"
        #expect(await world.failure()?.message == "AWS_EC2_METADATA_DISABLED: expected true or false")
    }

    @Test("an instance without a role has none; a role's name that would change the path is refused")
    func roles() async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        let list = "GET \(CredentialPlace.metadata)meta-data/iam/security-credentials/"
        world.web.answer(list, 404)
        #expect(await world.failure()?.message.hasSuffix("the instance has no role") == true)
        for name in ["../x", "a?b", "", "a b"] {
            world.web.answer(list, 200, name)
            #expect(await world.failure()?.message == "expected the name of a role", "\(name)")
        }
    }

    @Test("the instance's own word that its role fails is passed on")
    func failedRole() async throws {
        var world = try World()
        try CredentialPlace.instance.setUp(&world)
        let role = "GET \(CredentialPlace.metadata)meta-data/iam/security-credentials/the-role"
        world.web.answer(role, 200, #"{"Code":"AssumeRoleUnauthorizedAccess","Message":"no"}"#)
        let failure = await world.failure()
        #expect(failure?.code == .denied)
        #expect(failure?.message.contains("AssumeRoleUnauthorizedAccess") == true)
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
