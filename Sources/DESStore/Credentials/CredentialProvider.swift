internal import DESCore

/// Sends one request.
typealias HTTPFetch = @Sendable (HTTPRequest) async throws -> HTTPResponse

/// One place where credentials may come from.
protocol CredentialProvider: Sendable {
    /// What messages call it.
    var name: String { get }

    /// Credentials, or why there are none of this kind.
    /// - Throws: if there is something, but half of it, or it does not work: then no other place is tried.
    func find() async throws -> CredentialFinding
}

/// What a ``CredentialProvider`` found.
enum CredentialFinding: Sendable {
    case found(Credentials)
    /// Nothing is set up here, for this reason; the next place is tried.
    case absent(String)
}

/// Places to look for credentials, in order.
struct CredentialChain: Sendable {
    let providers: [any CredentialProvider]

    /// The order of the AWS SDKs for Java 2.x and Go v2: environment variables, web identity token, profile, container,
    /// instance. (The SDK for Rust and the AWS CLI differ in where the web identity token stands.)
    static func standard(_ environment: Environment, _ fetch: @escaping HTTPFetch) -> CredentialChain {
        CredentialChain(providers: [
            EnvironmentCredentials(environment: environment),
            WebIdentityCredentials(environment: environment, fetch: fetch),
            ProfileCredentials(environment: environment, fetch: fetch),
            ContainerCredentials(environment: environment, fetch: fetch),
            InstanceCredentials(environment: environment, fetch: fetch),
        ])
    }

    /// The first that are found.
    /// - Throws: ``DESError/Code/denied`` with all that was tried, if there are none.
    func credentials() async throws -> Credentials {
        var tried: [String] = []
        for provider in providers {
            switch try await provider.find() {
            case .found(let credentials): return credentials
            case .absent(let reason): tried.append("\(provider.name): \(reason)")
            }
        }
        throw DESError(.denied, "there are no credentials; tried " + tried.joined(separator: "; "))
    }
}

extension HTTPResponse {
    /// The error for an answer without credentials: worth another try if the server is at fault.
    func refusal(_ place: String, _ detail: String = "") -> DESError {
        let isTransient = status >= 500 || status == 429
        var error = DESError(
            isTransient ? .unavailable : .denied, "answered status \(status)\(detail) instead of credentials",
            place: place)
        error.isTransient = isTransient
        return error
    }
}
