import ArgumentParser
import DESCore
import DESMarker
import DESRuntime

@main
struct DESMarkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "des-marker",
        abstract: "Gives files that wait in a catalog their names, each one once, on any number of machines.",
        discussion: """
            Rows of the catalog's queue, or of a table of yours (source.table), are given name, shard and day in batches as
            they become old enough. Run `des migrate` once before, and as many markers as you like: none gets in another's
            way.

            EXAMPLES
              des-marker                                   the catalog of PGHOST and PGDATABASE, or a SQLite file
              des-marker --database postgresql://des@db/des --set marker.minimum-age=0s
              des-marker --once --set marker.batch-size=1000
              des-marker --config des.yaml --set marker.batch-size=1000 --set marker.rate-limit=5000

            SETTINGS, each also as DES_SECTION_NAME in the environment and section.name with --set
            \(SettingsText.list(MarkerService.settings + Settings.service, indentation: "  "))

            EXIT STATUS
            \(ServiceProgram.exitStatuses)
            """,
        version: DESVersion.text
    )

    @Option(help: ArgumentHelp("The catalog: catalog.url. A password belongs into PGPASSFILE.", valueName: "url"))
    var database: String?
    @Option(help: ArgumentHelp("Where to serve probes and metrics: marker.listen.", valueName: "host:port"))
    var listen: String?
    @Flag(help: "Mark what is there to be marked now, and end; no probes and metrics. For cron.")
    var once = false
    @OptionGroup var options: ServiceOptions

    func run() async {
        await ServiceProgram.run(
            "des-marker", options, settings: MarkerService.settings,
            flags: [
                Settings.catalogURL.key: ("--database", database), Settings.markerListen.key: ("--listen", listen),
            ],
            services: { [once] in try await MarkerService.services($0, once: once) })
    }
}
