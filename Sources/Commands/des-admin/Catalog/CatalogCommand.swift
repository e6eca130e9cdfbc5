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
              des catalog rebuild s3://bucket                 make a catalog that was lost again, from containers
              des catalog fence                               after a backup of the database was put back
            """,
        subcommands: [
            ImportCommand.self, StatusCommand.self, FindCommand.self, DetachCommand.self, RebuildCommand.self,
            FenceCommand.self,
        ]
    )
}
