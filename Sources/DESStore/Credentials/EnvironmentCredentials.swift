internal import DESCore

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: CredentialProvider {
    let environment: Environment
    let name = "environment"

    func find() throws(DESError) -> CredentialFinding {
        let (keyName, secretName, tokenName) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        let key = environment[keyName]
        let secret = environment[secretName]
        guard key != nil || secret != nil else { return .absent("\(keyName) is not set") }
        guard let key else { throw .half(set: secretName, missing: keyName) }
        guard let secret else { throw .half(set: keyName, missing: secretName) }
        return .found(
            Credentials(
                accessKeyID: try key.checkedForHeader(keyName), secret: try secret.checkedForHeader(secretName),
                sessionToken: try environment[tokenName].map { token throws(DESError) in
                    try token.checkedForHeader(tokenName)
                }))
    }
}

extension DESError {
    /// Of two settings that only make sense together there is one.
    static func half(set: String, missing: String, place: String? = nil) -> DESError {
        DESError(.invalidArgument, "\(set) is set, but \(missing) is not", place: place)
    }
}
