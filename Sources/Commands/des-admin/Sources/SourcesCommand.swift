import ArgumentParser

struct SourcesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources",
        abstract: "Delete the sources of files that are packed.",
        discussion: """
            EXAMPLES
              des sources purge --older-than 30d              what would be deleted
              des sources purge --older-than 30d --delete     delete it
            """,
        subcommands: [PurgeCommand.self]
    )
}
