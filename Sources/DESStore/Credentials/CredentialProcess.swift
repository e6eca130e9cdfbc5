internal import DESCore

/// A program of the user's that prints credentials as JSON, version 1.
struct CredentialProcess: Sendable {
    let command: ProfileFile.Setting
    let environment: Environment
    /// Ends it if it takes longer.
    var timeout: Duration = .seconds(60)

    /// Not the shared pool: a program may take a minute, and file reads do not wait for it.
    private static let pool = BlockingPool(threadCount: 1)

    func credentials() async throws -> Credentials {
        let process = ShellCommand(
            text: command.value, environment: environment, place: command.place + ": credential_process",
            timeout: timeout)
        let output = try await CredentialProcess.pool.run { () throws(DESError) in try process.output() }
        let json = try JSON(parsingAnswer: output, place: process.place)
        guard json["Version"]?.integerValue == 1 else {
            throw DESError(.invalidArgument, "expected a JSON object with \"Version\": 1", place: process.place)
        }
        return try Credentials(json, tokenKey: "SessionToken", place: process.place)
    }
}
