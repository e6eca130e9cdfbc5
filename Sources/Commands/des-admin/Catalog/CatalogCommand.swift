import ArgumentParser

struct CatalogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog",
        abstract: "Fill a catalog with files, and see what became of them.",
        discussion: """
            EXAMPLES
              des catalog import files.jsonl                  queue the files that it lists
              des catalog import s3://bucket/photos/          queue the objects below a prefix
              des catalog status                              what waits, and what is packed
              des catalog find s3://bucket/photos/a.jpg       where a file is
              des catalog detach --before 2024-01-01          take days out that nobody asks for any more
            """,
        subcommands: [ImportCommand.self, StatusCommand.self, FindCommand.self, DetachCommand.self]
    )
}
