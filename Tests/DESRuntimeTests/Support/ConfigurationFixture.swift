import DESCore
import Testing

@testable import DESRuntime

/// What a program is given, to make a configuration from.
struct Given {
    var flags: [String: String] = [:]
    /// With the one variable without which no configuration of all settings is whole.
    var environment = ["DES_NAMES_NODE_ID": "0"]
    /// The bytes of `des.yaml`.
    var file: [UInt8]?

    init(flags: [String: String] = [:], environment: [String: String] = [:], file: String? = nil) {
        self.flags = flags
        self.environment.merge(environment) { $1 }
        self.file = file.map { Array($0.utf8) }
    }

    /// The configuration of `settings`.
    func configuration(_ settings: [any SettingDeclaration] = Settings.all) throws(ConfigurationError) -> Configuration
    {
        let flags = flags.map { ($0.key, (flag: "--set \($0.key.escapingControlCharacters)", text: $0.value)) }
        return try Configuration(
            settings, flags: Dictionary(uniqueKeysWithValues: flags), environment: Environment(environment),
            file: file.map { ConfigurationFile(path: "des.yaml", text: $0) })
    }

    /// What is wrong with it.
    func problems(_ settings: [any SettingDeclaration] = Settings.all) -> [String] {
        do {
            _ = try configuration(settings)
            return []
        } catch {
            return error.problems
        }
    }
}
