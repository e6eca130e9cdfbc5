/// The settings, written for people.
public enum SettingsText {
    /// A line each: `names.prefix  default DES`.
    public static func list(_ settings: [any SettingDeclaration], indentation: String) -> String {
        let width = settings.map(\.key.utf8.count).max() ?? 0
        return settings.map { setting in
            let padding = String(repeating: " ", count: width - setting.key.utf8.count)
            return "\(indentation)\(setting.key)\(padding)  \(presence(setting.presence))"
        }.joined(separator: "\n")
    }

    /// docs/configuration.md.
    public static var markdown: String {
        var text = """
            # Configuration

            A setting is taken from the command line, else from the environment, else from the YAML file that `--config` or
            `DES_CONFIG` names, else it has its default. `--print-config` shows all of them and where each comes from. What is
            wrong is reported all at once, with file and line, and the program ends with status 78; a key that no program knows
            is wrong too. One file can serve all programs: each reads its own sections.

            ```yaml
            names:
              node-id: 0-15
            assign:
              listen: 0.0.0.0:8000
              tokens: [one-of-several-secrets, another-long-secret]
            ```

            On the command line any setting is `--set section.name=value`. In the environment it is `DES_SECTION_NAME`; an empty
            variable counts as not set. A secret can also come from a file that `DES_SECTION_NAME_FILE` names, lists one a line.
            Lists are separated by commas outside of files. Times are written `500ms`, `30s`, `5m`, `1h`, `2d` (a
            number alone is seconds), sizes `512`, `64KiB`, `10MB`.


            """
        var section = ""
        for setting in Settings.all {
            if setting.section != section {
                section = setting.section
                text += "## \(section)\n\n"
            }
            text += "### `\(setting.key)`\n\n\(setting.help)\n\n"
            text += "* Value: \(setting.expected). "
            text += presence(setting.presence, quoted: true).capitalizedFirst + ".\n"
            let names = ([setting.environmentName] + setting.earlierNames).map { "`\($0)`" }
            text += "* Environment: \(names.joined(separator: ", also "))\(setting.isSecret ? ", or a file" : "").\n\n"
        }
        return String(text.dropLast())
    }

    private static func presence(_ presence: SettingPresence, quoted: Bool = false) -> String {
        switch presence {
        case .standard(""): "default: empty"
        case .standard(let text): quoted ? "default: `\(text)`" : "default \(text)"
        case .required: "required"
        case .optional(let what): "not set: \(what)"
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
