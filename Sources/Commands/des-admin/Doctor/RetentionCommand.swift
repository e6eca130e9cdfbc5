import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import DESDoctor
import DESRuntime

struct RetentionCommand: StoreVerb {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Delete whole days, with their files and containers, by a plan.",
        discussion: """
            A day is that of the names; it is as old as its last moment. The plan lists days, files, containers and bytes, and
            deletes nothing. --apply takes each day out of the catalog in one transaction, then deletes its containers, bodies
            and manifests; interrupted, the same plan goes on. A day of which rows are still in the queue stays.

            EXAMPLES
              des retention --older-than 400d                    what would go
              des retention --older-than 400d --json > plan.json
              des retention --apply plan.json

            EXIT STATUS
            \(ExitStatus.tableOfRepairs)
            """)

    @Option(
        help: ArgumentHelp("Days that ended before that.", valueName: "time"),
        transform: Period.parse)
    var olderThan: Duration?
    @OptionGroup var plan: PlanOptions
    @OptionGroup var storage: StoreOptions
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if (olderThan == nil) == (plan.apply == nil) { throw ValidationError("give either --older-than, or --apply") }
    }

    func run(
        _ console: Console, _ deployment: Deployment, _ configuration: Configuration
    ) async throws -> ExitStatus {
        if let olderThan {
            let plan = try await RetentionPlan(deployment, olderThan: olderThan)
            try print(plan, of: deployment, console)
            return .done
        }
        guard let path = plan.apply else { return .failed }
        let plan = try await readPlan(path) { bytes throws(DESError) in
            try RetentionPlan(parsing: bytes, for: deployment, maxAge: self.plan.maxAge)
        }
        try await deployment.checkRecord()
        var outcomes = OutcomeReport("des-retention-result", console)
        let removal = DayRemoval(deployment)
        for day in plan.days { try outcomes.add("remove", day.day.description, try await removal.remove(day)) }
        return try outcomes.finish()
    }

    private func print(_ plan: RetentionPlan, of deployment: Deployment, _ console: Console) throws {
        guard !console.isJSON else {
            try console.print(plan.json(of: deployment).text)
            return
        }
        if !plan.days.isEmpty {
            var table = TextTable([("DAY", .left), ("FILES", .right), ("CONTAINERS", .right), ("BYTES", .right)])
            for day in plan.days {
                table.add([
                    day.day.description, Amounts.count(day.fileCount), Amounts.count(day.containers.count),
                    Amounts.bytes(day.byteCount),
                ])
            }
            for line in table.lines { try console.print(line) }
        }
        try console.flush()
        for left in plan.left { console.note("\(left.day) stays: \(left.reason)") }
        console.note(
            plan.days.isEmpty
                ? "there are no days that old"
                : "to delete \(Amounts.count(plan.days.count)) days: des retention --older-than … --json > plan.json, look at it, "
                    + "then des retention --apply plan.json")
    }
}
