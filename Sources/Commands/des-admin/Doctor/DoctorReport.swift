import DESConsole
import DESCore
import DESDoctor

/// What was found, for people and for programs.
enum DoctorReport {
    static func print(_ plan: RepairPlan, of deployment: Deployment, _ console: Console) throws {
        guard !console.isJSON else {
            try console.print(plan.json(of: deployment).text)
            return
        }
        if !plan.findings.isEmpty {
            var table = TextTable([("FINDING", .left), ("REPAIR", .left), ("KEY", .left), ("WHAT", .left)])
            for finding in plan.findings {
                let cells = [
                    finding.kind.rawValue, finding.step?.action.rawValue ?? "-", finding.key, finding.detail,
                ]
                table.add(cells.map(\.escapingControlCharacters))
            }
            for line in table.lines { try console.print(line) }
            try console.print("")
        }
        try console.print(summary(plan.counts))
        try console.flush()
        let steps = plan.steps.count
        if plan.findings.isEmpty {
            console.note("nothing is wrong")
        } else if steps > 0 {
            console.note(
                "\(Amounts.count(steps)) of \(Amounts.count(plan.findings.count)) findings can be mended: "
                    + "des doctor --json > plan.json, look at it, then des doctor --apply plan.json")
        }
    }

    private static func summary(_ counts: RepairPlan.Counts) -> String {
        let parts: [(Int, String)] = [
            (counts.young, "uncommitted ones are younger than --grace"), (counts.inWork, "are being written"),
            (counts.earlier, "are of earlier layouts"),
            (counts.detachedDays, "days are detached: their files were not compared"),
        ]
        return
            ([
                "\(Amounts.count(counts.containers)) committed containers of \(Amounts.count(counts.days)) days, "
                    + "\(Amounts.count(counts.entries)) entries, \(Amounts.bytes(counts.bytes))"
            ] + parts.filter { $0.0 > 0 }.map { "\(Amounts.count($0.0)) \($0.1)" }).joined(separator: "; ")
    }
}
