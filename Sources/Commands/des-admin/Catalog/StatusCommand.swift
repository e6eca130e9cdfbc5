import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import Glibc

struct StatusCommand: AdminVerb {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what waits, what is packed and what was given up.",
        discussion: """
            Rows of the queue are new (without a name yet), marked, claimed (on their way into a container) or failed; then come
            files that are packed, by the days of their names. Bytes are of those whose size is known. Files of days that
            were detached still count: their containers are there.

            EXAMPLES
              des catalog status
              des catalog status --watch            again every 2 seconds, with rates
              des catalog status --watch 60 --json

            EXIT STATUS
            \(ExitStatus.tableOfCatalog)
            """)

    @Flag(help: "Again and again, every 2 seconds or as many as are given, with rates since the look before.")
    var watch = false
    @Argument(help: ArgumentHelp("Seconds, with --watch.", valueName: "seconds"))
    var seconds: Double?
    @OptionGroup var place: CatalogOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if seconds != nil, !watch { throw ValidationError("SECONDS goes with --watch") }
        if let seconds, !(0.1...86_400).contains(seconds) {
            throw ValidationError("SECONDS: expected 0.1 to 86400")
        }
    }

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        try await opened.check()
        guard watch else {
            try StatusReport(try await opened.catalog.status(), rates: nil).print(console)
            return .done
        }
        let interruption = try Interruption()
        var last: (status: CatalogStatus, time: ContinuousClock.Instant)?
        while true {
            let (status, time) = (try await opened.catalog.status(), ContinuousClock.now)
            let rates = last.map { StatusRates(from: $0.status, to: status, in: time - $0.time) }
            if console.isTerminal, !console.isJSON {
                try console.write("\u{1B}[H\u{1B}[2J".utf8.span.bytes)
            } else if last != nil, !console.isJSON {
                try console.print("")
            }
            try StatusReport(status, rates: rates).print(console)
            try console.flush()
            last = (status, time)
            if try await interruption.wait(upTo: .seconds(seconds ?? 2)), let status = interruption.status {
                Glibc.exit(status)
            }
        }
    }
}
