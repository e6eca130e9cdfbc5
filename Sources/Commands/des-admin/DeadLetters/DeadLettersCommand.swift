import ArgumentParser

struct DeadLettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "See the files that were given up, and have them tried again.",
        discussion: """
            EXAMPLES
              des dead-letters ls              what was given up, and why
              des dead-letters retry 17 18     try these again
              des dead-letters drop --all      forget them all
            """,
        subcommands: [DeadLettersList.self, DeadLettersRetry.self, DeadLettersDrop.self]
    )
}
