import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import DESDoctor
import DESRuntime

struct FenceCommand: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "fence",
        abstract: "After a backup of the database was put back: give no epoch a second time.",
        discussion: """
            Opens every container and raises the sequence of epochs above theirs, before packers start again. A writer from
            before the backup can then change nothing. Stop all packers first. Harmless at any other time.

            EXAMPLES
              des catalog fence                       the store of store.url
              des catalog fence s3://bucket --dry-run

            EXIT STATUS
            \(ExitStatus.tableOfRepairs)
            """)

    @Argument(help: ArgumentHelp("s3://bucket or a directory; store.url if it is left out.", valueName: "store"))
    var store: String?
    @Flag(help: "Open the containers, and write nothing.")
    var dryRun = false
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    var settings: [any SettingDeclaration] { CatalogOptions.settings + Settings.store }
    var flags: [String: (flag: String, text: String?)] { [Settings.storeURL.key: ("STORE", store)] }

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        let deployment = try await opened.deployment(at: try opened.store())
        let progress = Progress("opened", unit: "containers", console)
        let report = try await progress.whileShown {
            try await EpochFence(deployment, dryRun: dryRun).run { progress.show($0) }
        }
        for left in report.unread { console.report(DESError(.unavailable, left.reason, place: left.key)) }
        if console.isJSON {
            try console.print(
                "fence",
                [
                    JSON.Member("containers", .integer(report.containerCount)),
                    JSON.Member("highest_epoch", .integer(report.highestEpoch)),
                    JSON.Member("last_epoch", .integer(report.lastEpoch)),
                    JSON.Member("unread", .integer(report.unread.count)), JSON.Member("dry_run", .bool(dryRun)),
                ])
        } else {
            try console.print(
                "highest epoch of \(Amounts.count(report.containerCount)) containers: \(report.highestEpoch); the next one "
                    + "\(dryRun ? "would be" : "is") above \(report.lastEpoch)")
        }
        return report.status
    }
}
