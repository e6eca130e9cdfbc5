public import ArgumentParser
public import DESCore

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
    /// - Parameter flags: by key of a setting, as they were given on the command line.
    /// - Throws: ``ConfigurationError`` with every problem there is.
    public func configuration(
        _ settings: [any SettingDeclaration], flags: [String: (flag: String, text: String?)],
        environment: Environment = .process
    ) throws(ConfigurationError) -> Configuration {
        var given: [String: (flag: String, text: String)] = [:]
        var problems: [String] = []
        for text in self.settings {
            if let end = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let key = String(text[..<end])
                given[key] = ("--set \(key.escapingControlCharacters)", String(text.utf8[end...].dropFirst()) ?? "")
            } else {
                // No more of it than keys have: what follows may be a secret.
                let key = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }
                problems.append("--set \(key): expected KEY=VALUE, such as names.shard-bits=10")
            }
        }
        for (key, flag) in flags { if let text = flag.text { given[key] = (flag.flag, text) } }
        let file = (config ?? environment["DES_CONFIG"]).map { ConfigurationFile(path: $0) }
        do throws(ConfigurationError) {
            let configuration = try Configuration(settings, flags: given, environment: environment, file: file)
            if problems.isEmpty { return configuration }
        } catch {
            problems += error.problems
        }
        throw ConfigurationError(problems: problems)
    }
}
