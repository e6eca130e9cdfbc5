import ArgumentParser
import DESAssign
import DESCore
import DESRuntime

@main
struct DESAssignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "des-assign",
        abstract: "Hands out names that no other file has, over HTTP.",
        discussion: """
            POST /assign {"prefix": "DES"}                 one name, with its shard and day
            POST /assign/batch {"prefix": "DES", "count"}  up to 10,000 names
            GET  /names/NAME                               what a name says
            GET  /openapi.json                             all of this, exactly
            GET  /readyz /livez /startupz /metrics         for what watches over it

            EXAMPLES
              des-assign --node-id 7                       this process is node 7, and no other is
              des-assign --node-id 0-15                    leases ids of that range, with other processes of this host
              des-assign --config des.yaml --listen 0.0.0.0:8000

            SETTINGS, each also as DES_SECTION_NAME in the environment and section.name with --set
            \(SettingsText.list(AssignService.settings + Settings.service, indentation: "  "))

            EXIT STATUS
            \(ServiceProgram.exitStatuses)
            """,
        version: DESVersion.text
    )

    @Option(help: ArgumentHelp("Where to listen: assign.listen.", valueName: "host:port"))
    var listen: String?
    @Option(help: ArgumentHelp("The node id, or a range to lease from: names.node-id.", valueName: "id or range"))
    var nodeID: String?
    @OptionGroup var options: ServiceOptions

    func run() async {
        await ServiceProgram.run(
            "des-assign", options, settings: AssignService.settings,
            flags: [
                Settings.assignListen.key: ("--listen", listen), Settings.nodes.key: ("--node-id", nodeID),
            ],
            services: { try AssignService.services($0) })
    }
}
