import ArgumentParser
import DESCore
import DESPacker
import DESRuntime

@main
struct DESPackerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "des-packer",
        abstract: "Packs files that were marked into containers, each exactly once, on any number of machines.",
        discussion: """
            Rows of the catalog that have a name are fetched from their sources (s3://, https://, file:// or a path) and put into
            containers, one or more for each day and shard, in a bucket or a directory. A file is packed when its container is
            committed; until then its row waits, whatever dies. Run `des migrate` once before, and as many packers as you like.

            EXAMPLES
              des-packer --store s3://archive              the catalog of PGHOST and PGDATABASE, or a SQLite file
              des-packer --once --store /srv/archive       packs what waits, and ends
              des-packer --config des.yaml --set packer.age=1h --set packer.shards-max=8

            SETTINGS, each also as DES_SECTION_NAME in the environment and section.name with --set
            \(SettingsText.list(PackerService.settings + Settings.service, indentation: "  "))

            EXIT STATUS
            \(ServiceProgram.exitStatuses)
            """,
        version: DESVersion.text
    )

    @Option(help: ArgumentHelp("The catalog: catalog.url. A password belongs into PGPASSFILE.", valueName: "url"))
    var database: String?
    @Option(help: ArgumentHelp("Where containers go: store.url.", valueName: "s3://bucket or directory"))
    var store: String?
    @Option(help: ArgumentHelp("Where to serve probes and metrics: packer.listen.", valueName: "host:port"))
    var listen: String?
    @Flag(help: "Pack all that waits now, and end; no probes and metrics. For cron.")
    var once = false
    @OptionGroup var options: ServiceOptions

    func run() async {
        Memory.shareFreedParts()
        await ServiceProgram.run(
            "des-packer", options, settings: PackerService.settings,
            flags: [
                Settings.catalogURL.key: ("--database", database), Settings.storeURL.key: ("--store", store),
                Settings.packerListen.key: ("--listen", listen),
            ],
            services: { [once] in try await PackerService.services($0, once: once) })
    }
}
