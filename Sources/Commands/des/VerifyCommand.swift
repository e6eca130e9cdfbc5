import ArgumentParser
import DESConsole
import DESCore

struct VerifyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every byte of containers against their checksums and the format.",
        discussion: """
            Every finding is printed with its offset; it goes on after the first one. A plain v1 container of another
            writer has no checksums: only its structure can be checked, and the summary says so.

            EXAMPLES
              des verify photos.des
              des verify --json archive/*.des
              des verify s3://bucket/photos.des
            """)

    @Argument(help: ArgumentHelp("The containers.", valueName: "archive"), completion: .file(extensions: ["des"]))
    var archives: [String]
    @OptionGroup var output: OutputOptions

    func run(_ console: Console) async throws -> ExitStatus {
        var worst = ExitStatus.done
        for archive in archives {
            do {
                let summary = try await verify(archive, console)
                if summary.findingCount > 0 { worst = worst.worse(.corrupt) }
            } catch let error as DESError {
                console.report(error)
                worst = worst.worse(ExitStatus(error))
            }
        }
        return worst
    }

    private func verify(_ archive: String, _ console: Console) async throws -> Verifier.Summary {
        let summary = try await Verifier.verify(try await Place(archive).source()) { finding in
            if console.isJSON {
                try? console.print(
                    "finding",
                    [
                        JSON.Member("archive", .string(archive)), JSON.Member("offset", .integer(finding.offset)),
                        JSON.Member("message", .string(finding.message)),
                    ])
            } else {
                try? console.print("\(archive): \(finding)".escapingControlCharacters)
            }
        }
        if console.isJSON {
            try console.print(
                "summary",
                [
                    JSON.Member("archive", .string(archive)), JSON.Member("entries", .integer(summary.entryCount)),
                    JSON.Member("bytes", .integer(summary.byteCount)),
                    JSON.Member("findings", .integer(summary.findingCount)),
                    JSON.Member("checksums", .bool(summary.hasChecksums)),
                ])
        } else {
            try console.flush()
            let what = "\(archive): \(Amounts.count(summary.entryCount)) entries, \(Amounts.bytes(summary.byteCount)): "
            let how = summary.hasChecksums ? "no error found" : "no error found; it has no checksums to compare"
            console.note(what + (summary.findingCount == 0 ? how : "\(summary.findingCount) findings"))
        }
        return summary
    }
}
