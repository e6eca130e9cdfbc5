public import Logging

extension SettingKind where Value == Logger.Level {
    /// What is logged.
    public static var logLevel: Self {
        let names = Logger.Level.allCases.map(\.rawValue)
        return Self("one of \(names.joined(separator: ", "))") { text in
            // The earlier system had `INFO` and `WARN`.
            Logger.Level(rawValue: ["warn": "warning", "fatal": "critical"][text.lowercased()] ?? text.lowercased())
        }
    }
}
