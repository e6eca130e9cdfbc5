import ArgumentParser

/// Verbs that another program has, for `des --help` and completions. ``SiblingProgram`` runs them before anything is parsed.
enum SiblingVerbs {
    static let all: [any ParsableCommand.Type] = [
        Migrate.self, Catalog.self, DeadLetters.self, Doctor.self, Retention.self, Sources.self,
    ]

    /// By verb.
    static let programs = [
        "migrate": "des-admin", "catalog": "des-admin", "dead-letters": "des-admin", "doctor": "des-admin",
        "retention": "des-admin", "sources": "des-admin",
    ]

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

    struct Doctor: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "doctor",
            abstract: "Compare catalog, objects and containers, and mend what differs by a plan.")
    }

    struct Retention: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retention", abstract: "Delete whole days, with their files and containers, by a plan.")
    }

    struct Sources: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sources", abstract: "Delete the sources of files that are packed.")
    }
}
