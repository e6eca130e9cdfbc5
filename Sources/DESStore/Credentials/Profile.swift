internal import DESCore

/// The settings of one name in the two files that the AWS tools share.
///
/// A setting in the credentials file goes before the same in the config file. There the section is `[profile x]`, in the
/// credentials file `[x]`.
struct Profile: Sendable {
    /// `AWS_PROFILE`, or `default`.
    let name: String
    /// The files that were asked, in this order, whether they are there or not.
    let paths: [String]
    /// The sections of this name that are there.
    private let sections: [ProfileFile.Section]

    /// There are settings of this name.
    var exists: Bool { !sections.isEmpty }

    /// A setting that is not empty.
    subscript(_ key: String) -> ProfileFile.Setting? {
        for case let setting? in sections.map({ $0[key] }) where !setting.value.isEmpty { return setting }
        return nil
    }

    /// The settings of the first section that has one of `keys`: what belongs together must not come from two files.
    func section(havingOneOf keys: [String]) -> ProfileFile.Section? {
        sections.first { section in keys.contains { !(section[$0]?.value ?? "").isEmpty } }
    }

    /// Reads both files. That one of them is not there is no error.
    /// - Throws: if `AWS_PROFILE` names a profile that is in neither.
    static func load(_ environment: Environment) async throws -> Profile {
        let name = environment["AWS_PROFILE"] ?? "default"
        let credentials = environment.resolve(environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "~/.aws/credentials")
        let config = environment.resolve(environment["AWS_CONFIG_FILE"] ?? "~/.aws/config")
        let inCredentials = try await file(credentials).sections
        let inConfig = try await file(config).sections
        let profile = Profile(
            name: name, paths: [credentials, config].compactMap { $0 },
            sections: [
                inCredentials[name], inConfig["profile " + name] ?? (name == "default" ? inConfig[name] : nil),
            ].compactMap { $0 })
        guard profile.exists || environment["AWS_PROFILE"] == nil else {
            throw DESError(.invalidArgument, "AWS_PROFILE: \(profile.absence)")
        }
        return profile
    }

    private static func file(_ path: String?) async throws -> ProfileFile {
        guard let path, let bytes = try await SmallFile.contentsIfAny(of: path) else { return ProfileFile() }
        return try ProfileFile(parsing: bytes, path: path)
    }

    /// Says that there is none, and where it was looked for.
    var absence: String {
        "there is no profile \"\(name)\" in "
            + (paths.isEmpty ? "any file, as HOME is not set" : paths.joined(separator: " or "))
    }
}
