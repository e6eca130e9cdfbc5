public import ArgumentParser
internal import DESCore

/// The flags that every service has.
public struct ServiceOptions: ParsableArguments {
    /// The file of settings.
    @Option(
        help: ArgumentHelp(
            "The configuration, a YAML file; DES_CONFIG names it too. See docs/configuration.md.", valueName: "file"))
    public var config: String?

    /// `KEY=VALUE`.
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any setting, such as names.shard-bits=10; may be repeated.", valueName: "key=value"))
    public var settings: [String] = []

    /// Only show them.
    @Flag(help: "Print all settings, each with where it comes from, without secrets, and end.")
    public var printConfig = false

    /// No flags.
    public init() {}

    /// Reads the settings of a program.
    func configuration(
        _ settings: [any SettingDeclaration], flags: [String: (flag: String, text: String?)]
    ) throws(ConfigurationError) -> Configuration {
        var given: [String: (flag: String, text: String)] = [:]
        for text in self.settings {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                throw ConfigurationError(
                    problems: ["--set \(text.escapingControlCharacters): expected KEY=VALUE"])
            }
            given[parts[0]] = ("--set \(parts[0])", parts[1])
        }
        for (key, flag) in flags { if let text = flag.text { given[key] = (flag.flag, text) } }
        let environment = Environment.process
        var file: ConfigurationFile?
        if let path = config ?? environment["DES_CONFIG"] {
            do { file = try ConfigurationFile(path: path) } catch {
                throw ConfigurationError(problems: [error.description])
            }
        }
        return try Configuration(settings, flags: given, environment: environment, file: file)
    }
}
