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

    /// What was written for a setting.
    private struct Found {
        let texts: [String]
        let origin: Origin
        /// Written as a list of YAML.
        let isList: Bool

        init(_ texts: [String], _ origin: Origin, isList: Bool = false) {
            (self.texts, self.origin, self.isList) = (texts, origin, isList)
        }
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
            do throws(SettingProblem) {
                if let found = try Configuration.find(setting, flags, environment, file) {
                    let value = try Configuration.value(of: setting, found)
                    resolved[setting.key] = Resolved(value: value, texts: found.texts, origin: found.origin)
                } else if case .required(let why) = setting.presence, file?.isWhole != false {
                    problems.append(Configuration.missing(setting, why))
                }
            } catch {
                problems.append(error.message)
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        (self.settings, self.resolved) = (settings, resolved)
    }

    /// The value of one of the settings this was made with.
    public subscript<Value>(setting: Setting<Value>) -> Value {
        guard settings.contains(where: { $0.key == setting.key }),
            let value = setting.value(resolved: resolved[setting.key]?.value)
        else {
            preconditionFailure("\(setting.key) is not among the settings of this program")
        }
        return value
    }

    /// Somebody has set it; it does not only have its default.
    public func isGiven<Value>(_ setting: Setting<Value>) -> Bool {
        guard let found = resolved[setting.key] else { return false }
        if case .standard = found.origin { return false }
        return true
    }

    // MARK: Where it is found

    private static func find(
        _ setting: any SettingDeclaration, _ flags: [String: (flag: String, text: String)],
        _ environment: Environment, _ file: ConfigurationFile?
    ) throws(SettingProblem) -> Found? {
        if let flag = flags[setting.key] { return Found(split(flag.text, setting), .flag(flag.flag)) }
        for name in [setting.environmentName] + setting.earlierNames {
            if let text = environment[name] { return Found(split(text, setting), .environment(name)) }
            if setting.isSecret, let path = environment[name + "_FILE"] {
                return Found(try secret(at: path, name + "_FILE", setting), .environment(name + "_FILE"))
            }
        }
        if let file, let entry = file.entries.first(where: { $0.key == setting.key }) {
            let origin = Origin.file(file.path, line: entry.line)
            if entry.isList { return Found(entry.texts, origin, isList: true) }
            return Found(entry.texts.flatMap { split($0, setting) }, origin)
        }
        if case .standard(let text) = setting.presence { return Found(split(text, setting), .standard) }
        return nil
    }

    private static func split(_ text: String, _ setting: any SettingDeclaration) -> [String] {
        guard setting.isList else { return [text] }
        return text.split(separator: ",").compactMap { item in
            guard let first = item.firstIndex(where: { $0 != " " }), let last = item.lastIndex(where: { $0 != " " })
            else { return nil }
            return String(item[first...last])
        }
    }

    /// A secret in a file of its own: one value, or one a line.
    private static func secret(
        at path: String, _ variable: String, _ setting: any SettingDeclaration
    ) throws(SettingProblem) -> [String] {
        do throws(DESError) {
            let text = String(decoding: try SmallFile.contents(of: path), as: UTF8.self)
            let lines = text.split(whereSeparator: \.isNewline).map(String.init)
            return setting.isList ? lines : [lines.first ?? ""]
        } catch {
            throw SettingProblem(message: "\(variable): \(error.description)")
        }
    }

    private static func value(
        of setting: any SettingDeclaration, _ found: Found
    ) throws(SettingProblem) -> any Sendable {
        let place = place(found.origin, setting)
        guard setting.isList || !found.isList else {
            throw SettingProblem(message: "\(place)expected \(setting.expected), not a list")
        }
        do {
            return try setting.value(of: found.texts)
        } catch {
            let what = setting.isSecret ? nil : (error as? SettingProblem)?.message
            throw SettingProblem(message: place + (what ?? "expected \(setting.expected)"))
        }
    }

    // MARK: What is wrong

    private static func unknown(in file: ConfigurationFile) -> [String] {
        let (keys, sections) = (Set(Settings.all.map(\.key)), Set(Settings.all.map(\.section)))
        let known = "sections are \(sections.sorted().joined(separator: ", "))"
        let unknown = file.emptySections.filter { !sections.contains($0.name) }.map { section in
            "\(file.path):\(section.line): unknown section \"\(section.name.escapingControlCharacters)\"; \(known)"
        }
        return unknown
            + file.entries.filter { !keys.contains($0.key) }.map { entry in
                let section = entry.key.prefix { $0 != "." }
                let names = Settings.all.filter { $0.section == section }.map(\.name).joined(separator: ", ")
                let hint = names.isEmpty ? known : "\"\(section)\" has \(names)"
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
            && !text.hasPrefix("-") && !text.hasPrefix(":")
        if isPlain { return text }
        return "\"" + text.unicodeScalars.reduce(into: "") { $0 += escaped($1) } + "\""
    }

    /// A character of a text in quotes. YAML takes some that are not printable for something else, others not at all.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case _ where scalar == "\"" || scalar == "\\": return "\\\(scalar)"
        case _ where scalar == " ": return " "
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .unassigned,
            .surrogate:
            let digits = String(scalar.value, radix: 16)
            let count = scalar.value > 0xFFFF ? 8 : 4
            return (count == 8 ? "\\U" : "\\u") + String(repeating: "0", count: count - digits.utf8.count) + digits
        default: return String(scalar)
        }
    }

    private static func words(_ origin: Origin) -> String {
        switch origin {
        case .flag(let flag): flag
        case .environment(let name): name
        case .file(let path, let line): "\(path.escapingControlCharacters):\(line)"
        case .standard: "default"
        }
    }
}

extension Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// All settings, without secrets.
    public var description: String { printed }
    /// The same.
    public var debugDescription: String { printed }
    /// The same.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: [printed]) }
}

/// All that is wrong with a configuration.
public struct ConfigurationError: Error {
    /// Each says where, what was expected and what was found.
    public let problems: [String]

    /// One problem or several.
    public init(problems: [String]) { self.problems = problems }
}
