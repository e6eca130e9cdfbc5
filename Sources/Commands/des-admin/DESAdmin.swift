import ArgumentParser
import DESConsole
import DESCore
import DESRuntime

@main
struct DESAdmin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "des-admin",
        abstract: "Sets up a catalog, fills it, and shows what became of its files.",
        discussion: """
            `des migrate` and the like run this program. The catalog is catalog.url (--database): PostgreSQL or a SQLite file.

            EXAMPLES
              des migrate                                     make the tables, or bring them up to date
              des catalog import files.jsonl                  queue the files that it lists
              des catalog status --watch                      what waits, what is packed, how fast
              des catalog find s3://bucket/2024/a.jpg         where a file is
              des dead-letters ls                             what was given up, and why
              des doctor                                      what is wrong with catalog, objects and containers
              des retention --older-than 400d                 which days would go
              des sources purge --older-than 30d              which sources would be deleted

            SETTINGS, each also as DES_SECTION_NAME in the environment and section.name with --set
            \(SettingsText.list(CatalogOptions.settings + Settings.store, indentation: "  "))

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """,
        version: DESVersion.text,
        subcommands: [
            MigrateCommand.self, CatalogCommand.self, DeadLettersCommand.self, DoctorCommand.self,
            RetentionCommand.self, SourcesCommand.self,
        ]
    )

    static func main() async {
        CommandProgram.occupyStandardDescriptors()
        await CommandProgram.run(DESAdmin.self, as: "des-admin")
    }
}
