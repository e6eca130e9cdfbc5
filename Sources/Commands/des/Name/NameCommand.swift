import ArgumentParser

struct NameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "name",
        abstract: "Make names that no other file has, and say what a name means.",
        discussion: """
            EXAMPLES
              des name new --node-id 0-15                       make one
              des name parse 'DES_20250101_(21BCAA000100_88)'   what it says
              des name shard 2024/a.jpg                         the shard of any text
            """,
        subcommands: [NameNewCommand.self, NameParseCommand.self, NameShardCommand.self]
    )
}
