import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import DESDoctor
import DESRuntime

struct RebuildCommand: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Restore packed files and containers into an empty catalog, from containers alone.",
        discussion: """
            For a catalog that is lost: `des migrate` makes an empty one, with the names.… settings of the old one, and this
            fills it. Of a name in several containers the one with the highest epoch counts, then the lowest id. What was queued
            comes back by importing it again. Run again, it goes on; at the end epochs are raised, as by `des catalog fence`.

            EXAMPLES
              des catalog rebuild s3://bucket --dry-run
              des catalog rebuild s3://bucket
              des catalog rebuild /srv/des

            EXIT STATUS
            \(ExitStatus.tableOfRepairs)
            """)

    @Argument(help: ArgumentHelp("s3://bucket, s3://bucket/prefix, or a directory.", valueName: "store"))
    var store: String
    @Flag(help: "Read the containers, and write nothing.")
    var dryRun = false
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        let deployment = try await opened.deployment(at: store)
        let progress = Progress("restored", unit: "containers", console)
        let report = try await progress.whileShown {
            try await Rebuilder(deployment, dryRun: dryRun).run { progress.show($0) }
        }
        for left in report.skipped {
            console.report(DESError(.corrupt, left.reason, place: left.key), status: .partial)
        }
        for left in report.unknown { console.report(DESError(.unavailable, left.reason, place: left.key)) }
        if console.isJSON {
            try console.print(
                "rebuild",
                [
                    JSON.Member("containers", .integer(report.containerCount)),
                    JSON.Member("already", .integer(report.alreadyCount)),
                    JSON.Member("abandoned", .integer(report.abandonedCount)),
                    JSON.Member("files", .integer(report.fileCount)),
                    JSON.Member("skipped", .integer(report.skipped.count)),
                    JSON.Member("unknown", .integer(report.unknown.count)),
                    JSON.Member("highest_epoch", .integer(report.highestEpoch)), JSON.Member("dry_run", .bool(dryRun)),
                ])
        } else {
            try console.print(
                "\(Amounts.count(report.fileCount)) files in \(Amounts.count(report.containerCount)) containers"
                    + (report.alreadyCount > 0 ? ", \(Amounts.count(report.alreadyCount)) of which were there" : "")
                    + (report.abandonedCount > 0
                        ? "; \(Amounts.count(report.abandonedCount)) that nobody committed" : "")
                    + (report.skipped.isEmpty ? "" : "; \(Amounts.count(report.skipped.count)) left out")
                    + "; highest epoch \(report.highestEpoch)")
        }
        return report.status
    }
}

extension OpenedCatalog {
    /// The catalog with a store that is named on the command line, and maybe what keys begin with there.
    func deployment(at text: String) async throws -> Deployment {
        try await check()
        let address = try StoreAddress(text)
        let deployment = try await Deployment(store: try await address.open(), catalog: catalog)
        if let prefix = address.keyPrefix, prefix != deployment.layout.keyPrefix {
            throw DESError(
                .conflict,
                "the catalog has \(deployment.layout): run `des migrate` with names.key-prefix=\(prefix) on an empty one",
                place: text)
        }
        return deployment
    }
}
