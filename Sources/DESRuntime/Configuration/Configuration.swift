public import DESCore

/// The settings of a program: flag before environment before file before default, each checked.
public struct Configuration: Sendable {
    /// Where a value comes from.
    enum Origin: Sendable {
        case flag(String)
        case environment(String)
        case file(String, line: Int)
        case standard
    }

    private struct Resolved: Sendable {
        let value: any Sendable
        let texts: [String]
        let origin: Origin
    }

    private let settings: [any SettingDeclaration]
    private let resolved: [String: Resolved]

    /// Reads `settings` from what is given.
    /// - Parameters:
    ///   - flags: by key, as they were written on the command line, each with the flag's name for messages.
    ///   - environment: all variables.
    ///   - file: the sections of other programs in it are checked for unknown keys as well.
    /// - Throws: ``ConfigurationError`` with every problem there is.
    public init(
        _ settings: [any SettingDeclaration], flags: [String: (flag: String, text: String)] = [:],
        environment: Environment = Environment([:]), file: ConfigurationFile? = nil
    ) throws(ConfigurationError) {
        var problems = file?.problems ?? []
        if let file { problems += Configuration.unknown(in: file) }
        let known = Set(settings.map(\.key))
        for (key, flag) in flags.sorted(by: { $0.key < $1.key }) where !known.contains(key) {
            problems.append("\(flag.flag): there is no setting \"\(key.escapingControlCharacters)\" here")
        }
        var resolved: [String: Resolved] = [:]
        for setting in settings {
            do {
                let found = try Configuration.find(setting, flags, environment, file)
                guard let (texts, origin) = found else {
                    if case .required(let why) = setting.presence {
                        problems.append(Configuration.missing(setting, why))
                    }
                    continue
                }
                do {
                    resolved[setting.key] = Resolved(
                        value: try setting.value(of: texts), texts: texts, origin: origin)
                } catch let problem as SettingProblem {
                    let message = setting.isSecret ? "expected \(setting.expected)" : problem.message
                    problems.append("\(Configuration.place(origin, setting))\(message)")
                }
            } catch {
                problems.append("\((error as? DESError)?.description ?? "\(error)")")
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        (self.settings, self.resolved) = (settings, resolved)
    }

    /// The value of one of the settings this was made with.
    public subscript<Value>(setting: Setting<Value>) -> Value {
        guard let value = setting.value(resolved: resolved[setting.key]?.value) else {
            preconditionFailure("\(setting.key) is not among the settings of this program")
        }
        return value
    }

    // MARK: Where it is found

    private static func find(
        _ setting: any SettingDeclaration, _ flags: [String: (flag: String, text: String)],
        _ environment: Environment, _ file: ConfigurationFile?
    ) throws -> ([String], Origin)? {
        if let flag = flags[setting.key] { return (split(flag.text, setting), .flag(flag.flag)) }
        for name in [setting.environmentName] + setting.earlierNames {
            if let text = environment[name] { return (split(text, setting), .environment(name)) }
            if setting.isSecret, let path = environment[name + "_FILE"] {
                return (try secret(at: path, setting), .environment(name + "_FILE"))
            }
        }
        if let file, let entry = file.entries.first(where: { $0.key == setting.key }) {
            if entry.isList || !setting.isList { return (entry.texts, .file(file.path, line: entry.line)) }
            return (entry.texts.flatMap { split($0, setting) }, .file(file.path, line: entry.line))
        }
        if case .standard(let text) = setting.presence { return (split(text, setting), .standard) }
        return nil
    }

    private static func split(_ text: String, _ setting: any SettingDeclaration) -> [String] {
        guard setting.isList else { return [text] }
        return text.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }

    /// A secret in a file of its own: one value, or one a line.
    private static func secret(at path: String, _ setting: any SettingDeclaration) throws(DESError) -> [String] {
        let text = String(decoding: try SmallFile.contents(of: path), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        return setting.isList ? lines : [lines.first ?? ""]
    }

    // MARK: What is wrong

    private static func unknown(in file: ConfigurationFile) -> [String] {
        let known = Set(Settings.all.map(\.key))
        return file.entries.filter { !known.contains($0.key) }.map { entry in
            let section = entry.key.prefix { $0 != "." }
            let names = Settings.all.filter { $0.section == section }.map(\.name)
            let sections = Set(Settings.all.map(\.section)).sorted().joined(separator: ", ")
            let hint =
                names.isEmpty
                ? "sections are \(sections)" : "\"\(section)\" has \(names.joined(separator: ", "))"
            return "\(file.path):\(entry.line): unknown setting \"\(entry.key.escapingControlCharacters)\"; \(hint)"
        }
    }

    private static func missing(_ setting: any SettingDeclaration, _ why: String) -> String {
        "\(setting.key) is not set: \(why); set \(setting.key) in the configuration file or "
            + "\((setting.earlierNames + [setting.environmentName]).joined(separator: " or ")) in the environment, to "
            + setting.expected
    }

    private static func place(_ origin: Origin, _ setting: any SettingDeclaration) -> String {
        switch origin {
        case .flag(let flag): "\(flag): "
        case .environment(let name): "\(name): "
        case .file(let path, let line): "\(path):\(line): \(setting.key): "
        case .standard: "\(setting.key): "
        }
    }

    // MARK: Printing

    /// All settings as a file, each with where it comes from. Secrets are not shown.
    public var printed: String {
        var (text, section) = ("", "")
        for setting in settings {
            if setting.section != section {
                section = setting.section
                text += "\(section):\n"
            }
            guard let found = resolved[setting.key] else {
                if case .optional(let what) = setting.presence { text += "  # \(setting.name): not set; \(what)\n" }
                continue
            }
            let values = setting.isSecret ? ["(not shown)"] : found.texts.map(Configuration.quoted)
            let value = setting.isList && !setting.isSecret ? "[\(values.joined(separator: ", "))]" : values[0]
            text += "  \(setting.name): \(value)  # \(Configuration.words(found.origin))\n"
        }
        return text
    }

    /// As YAML reads it back.
    private static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text != "~" && text != "null"
            && text.utf8.allSatisfy { $0.isLetterOrDigit || "/._-:".utf8.contains($0) } && !text.hasSuffix(":")
            && !text.hasPrefix("-")
        if isPlain { return text }
        var bytes: [UInt8] = []
        JSON.string(text).encode(into: &bytes)  // YAML reads strings of JSON
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func words(_ origin: Origin) -> String {
        switch origin {
        case .flag(let flag): flag
        case .environment(let name): name
        case .file(let path, let line): "\(path):\(line)"
        case .standard: "default"
        }
    }
}

/// All that is wrong with a configuration.
public struct ConfigurationError: Error {
    /// Each says where, what was expected and what was found.
    public let problems: [String]
}
