/// All settings there are, of every program. Each section is declared in a file of its own.
public enum Settings {
    /// All of them, by section.
    public static let all: [any SettingDeclaration] =
        names + assign + catalog + source + marker + store + packer + service
}
