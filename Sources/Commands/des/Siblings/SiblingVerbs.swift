import ArgumentParser

/// Verbs that another program has, for `des --help` and completions. ``SiblingProgram`` runs them before anything is parsed.
enum SiblingVerbs {
    static let all: [any ParsableCommand.Type] = [Migrate.self, Catalog.self, DeadLetters.self]

    /// By verb.
    static let programs = ["migrate": "des-admin", "catalog": "des-admin", "dead-letters": "des-admin"]

    struct Migrate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "migrate", abstract: "Make a catalog's tables, or bring them up to date.")
    }

    struct Catalog: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "catalog", abstract: "Fill a catalog with files, and see what became of them.")
    }

    struct DeadLetters: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dead-letters", abstract: "See the files that were given up, and have them tried again.")
    }
}
