import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import DESDoctor
import DESRuntime

struct DoctorCommand: StoreVerb {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Compare catalog, objects and containers, and mend what differs by a plan.",
        discussion: """
            Looks and changes nothing, unless it is given a plan. Objects that nobody committed are adopted if all their rows
            still wait, and deleted only if each of their entries can be read in another committed container, after --grace.
            What is lost or damaged is reported. Nothing follows from an error that may pass. See docs/doctor.md.

            EXAMPLES
              des doctor                               what is wrong, as a table
              des doctor --json > plan.json            the same as a plan
              des doctor --apply plan.json             do what it says, each step only if it still holds
              des doctor --read-data                   read every byte of every container as well

            EXIT STATUS
            \(ExitStatus.tableOfDoctor)
            """)

    @OptionGroup var plan: PlanOptions
    @Option(
        help: ArgumentHelp("Leave uncommitted objects alone that are younger.", valueName: "time"),
        transform: Period.parse)
    var grace = Duration.seconds(86_400)
    @Flag(help: "Read every byte of committed containers, not only what they say of themselves.")
    var readData = false
    @OptionGroup var storage: StoreOptions
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func run(
        _ console: Console, _ deployment: Deployment, _ configuration: Configuration
    ) async throws -> ExitStatus {
        guard let path = plan.apply else {
            var options = Doctor.Options()
            (options.grace, options.readsData) = (grace, readData)
            let found = try await Doctor(deployment, options: options).examine()
            try DoctorReport.print(found, of: deployment, console)
            return found.status
        }
        let plan = try await readPlan(path) { bytes throws(DESError) in
            try RepairPlan(parsing: bytes, for: deployment, maxAge: self.plan.maxAge)
        }
        try await deployment.checkRecord()
        let repairer = Repairer(deployment, holder: Holder.name("doctor"))
        var outcomes = OutcomeReport("des-doctor-result", console)
        for step in plan.steps {
            let outcome = try await repairer.apply(step, grace: plan.grace)
            try outcomes.add(step.action.rawValue, step.container.key, outcome)
        }
        return try outcomes.finish()
    }
}

/// Reads a plan; what is wrong with it is said with its path.
func readPlan<Plan>(_ path: String, _ parse: ([UInt8]) throws(DESError) -> Plan) async throws -> Plan {
    let bytes = try await PlanOptions.bytes(of: path)
    do throws(DESError) { return try parse(bytes) } catch { throw error.at(path) }
}
