import DESCore
import Glibc
import Synchronization
import Testing

@testable import DESStore

/// Secrets that no test may find in a message; each source has its own access key id.
let plantedSecret = "pLaNtEdSeCrEt0123456789"
let plantedToken = "pLaNtEdToKeN9876543210"

/// A home directory of its own for one test.
final class AWSHome: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/des-credentials-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) }, "mkdtemp: \(DESError.reason(errno))")
        try #require(mkdir(path + "/.aws", 0o700) == 0)
    }

    deinit {
        for directory in [path + "/.aws", path] {
            if let entries = opendir(directory) {
                while let entry = readdir(entries) {
                    let name = withUnsafeBytes(of: entry.pointee.d_name) {
                        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                    }
                    unlink(directory + "/" + name)
                }
                closedir(entries)
            }
            rmdir(directory)
        }
    }

    /// Writes a file below the home directory and gives its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = try FileDescriptor(opening: path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(Array(text.utf8).span.bytes)
        return path + "/" + name
    }
}

/// Answers by "METHOD URL" and remembers what was asked. What is not there cannot be reached.
final class FakeWeb: Sendable {
    private let answers: Mutex<[String: HTTPResponse]> = Mutex([:])
    private let asked: Mutex<[HTTPRequest]> = Mutex([])

    var requests: [HTTPRequest] { asked.withLock { $0 } }

    func answer(_ line: String, _ status: Int, _ body: String = "") {
        answers.withLock { $0[line] = HTTPResponse(status: status, body: Array(body.utf8)) }
    }

    func fetch(_ request: HTTPRequest) throws -> HTTPResponse {
        asked.withLock { $0.append(request) }
        guard let answer = answers.withLock({ $0[request.method + " " + request.url] }) else {
            throw DESError(.unavailable, "connection refused")
        }
        return answer
    }
}

/// Files, variables and servers of one test.
struct World {
    let home: AWSHome
    let web = FakeWeb()
    var variables: [String: String]

    init() throws {
        home = try AWSHome()
        variables = ["HOME": home.path, "PATH": "/usr/bin:/bin"]
    }

    var environment: Environment { Environment(variables) }

    func chain() -> CredentialChain {
        CredentialChain.standard(environment) { [web] request in try web.fetch(request) }
    }

    /// What the chain throws.
    func failure(_ location: SourceLocation = #_sourceLocation) async -> DESError? {
        do {
            let found = try await chain().credentials()
            Issue.record("found \(found)", sourceLocation: location)
        } catch let error as DESError {
            return error
        } catch {
            Issue.record(error, sourceLocation: location)
        }
        return nil
    }
}

/// A place of the standard chain, in its order.
enum CredentialPlace: String, CaseIterable {
    case environment, webIdentity, profile, container, instance

    static let tokenService = "https://sts.us-east-1.amazonaws.com/"
    static let metadata = "http://169.254.169.254/latest/"

    /// Makes credentials whose access key id is the name of the place.
    func setUp(_ world: inout World) throws {
        switch self {
        case .environment:
            world.variables["AWS_ACCESS_KEY_ID"] = rawValue
            world.variables["AWS_SECRET_ACCESS_KEY"] = plantedSecret
        case .webIdentity:
            world.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = try world.home.write("a.web+token\n", to: "token")
            world.variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r"
            world.web.answer("POST " + Self.tokenService, 200, Self.xml(key: rawValue))
        case .profile:
            let text = "[default]\naws_access_key_id=\(rawValue)\naws_secret_access_key=\(plantedSecret)\n"
            try world.home.write(text, to: ".aws/credentials")
        case .container:
            world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/id"
            world.web.answer("GET http://169.254.170.2/v2/id", 200, Self.json(key: rawValue))
        case .instance:
            let list = Self.metadata + "meta-data/iam/security-credentials/"
            world.web.answer("PUT \(Self.metadata)api/token", 200, plantedToken)
            world.web.answer("GET " + list, 200, "the-role\n")
            world.web.answer("GET \(list)the-role", 200, Self.json(key: rawValue, more: #""Code":"Success","#))
        }
    }

    static func json(key: String, more: String = "", token: String = "Token") -> String {
        """
        {\(more)"AccessKeyId":"\(key)","SecretAccessKey":"\(plantedSecret)","\(token)":"\(plantedToken)",\
        "Expiration":"2030-01-31T09:05:00Z"}
        """
    }

    static func xml(key: String) -> String {
        """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult>
            <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>
            <Credentials>
              <SessionToken>\(plantedToken)/+==</SessionToken>
              <SecretAccessKey>\(plantedSecret)</SecretAccessKey>
              <Expiration>2030-01-31T09:05:00Z</Expiration>
              <AccessKeyId>\(key)</AccessKeyId>
            </Credentials>
          </AssumeRoleWithWebIdentityResult>
        </AssumeRoleWithWebIdentityResponse>
        """
    }
}
