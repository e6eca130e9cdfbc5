internal import DESCore

/// The keys, the web identity or the `credential_process` of a ``Profile``.
struct ProfileCredentials: CredentialProvider {
    let environment: Environment
    let fetch: HTTPFetch
    let name = "profile"

    /// A role goes before keys: then they are those of the role's source.
    func find() async throws -> CredentialFinding {
        let profile = try await Profile.load(environment)
        guard profile.exists else { return .absent(profile.absence) }
        if let role = profile["role_arn"] { return .found(try await assume(role, profile)) }
        if let file = profile["web_identity_token_file"] {
            throw DESError.half(set: "web_identity_token_file", missing: "role_arn", place: file.place)
        }
        if let credentials = try keys(profile) { return .found(credentials) }
        for key in ["sso_session", "sso_start_url", "login_session"] {
            if let setting = profile[key] {
                throw unsupported("a sign-in by \(key) is", setting)
            }
        }
        if let command = profile["credential_process"] {
            return .found(try await CredentialProcess(command: command, environment: environment).credentials())
        }
        return .absent("profile \"\(profile.name)\" has no credentials")
    }

    private func unsupported(_ what: String, _ setting: ProfileFile.Setting) -> DESError {
        DESError(
            .unsupported,
            "\(what) not supported; set credential_process to a program that answers with credentials, "
                + "such as `aws configure export-credentials`", place: setting.place)
    }

    private func assume(_ role: ProfileFile.Setting, _ profile: Profile) async throws -> Credentials {
        guard let file = profile["web_identity_token_file"] else {
            throw unsupported("role_arn without web_identity_token_file is", role)
        }
        guard let path = environment.resolve(file.value) else {
            throw DESError(.invalidArgument, "HOME is not set, but the path begins with ~", place: file.place)
        }
        let request = WebIdentityRequest(
            role: role.value, sessionName: profile["role_session_name"]?.value, tokenFile: path,
            endpoint: try profile.tokenService(environment))
        return try await request.credentials(fetch)
    }

    private func keys(_ profile: Profile) throws(DESError) -> Credentials? {
        let (keyName, secretName, tokenName) = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        guard let section = profile.section(havingOneOf: [keyName, secretName]) else { return nil }
        func setting(_ name: String) -> ProfileFile.Setting? {
            section[name].flatMap { $0.value.isEmpty ? nil : $0 }
        }
        func text(_ setting: ProfileFile.Setting, _ name: String) throws(DESError) -> String {
            try setting.value.checkedForHeader(name, place: setting.place)
        }
        let secret = setting(secretName)
        guard let key = setting(keyName) else {
            throw .half(set: secretName, missing: keyName, place: secret?.place)
        }
        guard let secret else { throw .half(set: keyName, missing: secretName, place: key.place) }
        return Credentials(
            accessKeyID: try text(key, keyName), secret: try text(secret, secretName),
            sessionToken: try setting(tokenName).map { token throws(DESError) in try text(token, tokenName) })
    }
}
