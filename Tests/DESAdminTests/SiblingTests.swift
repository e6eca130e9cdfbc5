import Glibc
import TestServers
import Testing

@Suite("Verbs of des that des-admin has")
struct SiblingTests {
    private func des(_ catalog: TestCatalog, _ arguments: String...) -> Command {
        var command = catalog.command(arguments)
        command.program = Toolbox.built("des")
        return command
    }

    @Test("des runs them with the same arguments, and ends as they do")
    func run() async throws {
        let catalog = try await TestCatalog(.sqlite)
        #expect(try des(catalog, "catalog", "status").run().status == 78)
        #expect(try des(catalog, "migrate").run().lines == ["1 catalog", "2 packing"])
        #expect(try des(catalog, "catalog", "find", "a b").run().errors.contains("a b: is neither"))
        #expect(try des(catalog, "dead-letters", "retry").run().status == 64)
        let help = try des(catalog, "help", "catalog").run()
        #expect(help.status == 0 && help.text.contains("des catalog import"), "\(help)")
    }

    @Test("a program that is not there is named, with where it was looked for; one in the PATH will do")
    func missing() async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        try Files.makeDirectory(catalog.directory["bin"])
        try Files.write(catalog.directory["bin/des"], try Files.read(Toolbox.built("des")), mode: 0o755)
        var command = des(catalog, "catalog", "status")
        command.program = catalog.directory["bin/des"]
        // Its own libraries are beside the program that it is a copy of.
        let built = Toolbox.built("des").split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        command.environment["PATH"] = "/usr/bin:/no/such"
        let result = try command.run()
        #expect(result.status == 1 && result.output.isEmpty, "\(result)")
        for word in ["'des catalog'", "des-admin", catalog.directory["bin"], "/no/such"] {
            #expect(result.errors.contains(word), "\(word): \(result)")
        }
        command.environment["PATH"] = "/usr/bin:\(built)"
        #expect(try command.run().status == 0)
    }

    @Test("the help of each verb has examples and exit statuses; of des it lists them")
    func help() async throws {
        let catalog = try await TestCatalog(.sqlite)
        let verbs = [
            "migrate", "catalog import", "catalog status", "catalog find", "catalog detach", "dead-letters ls",
            "dead-letters retry", "dead-letters drop", "doctor", "retention", "sources purge", "catalog rebuild",
            "catalog fence",
        ]
        for verb in verbs {
            let result = try catalog.command(verb.split(separator: " ").map(String.init) + ["--help"]).run()
            #expect(result.status == 0 && result.text.contains("EXAMPLES\n  des \(verb)"), "\(result)")
            for word in ["EXIT STATUS", "--database", "--json", "--set"] {
                #expect(result.text.contains(word), "\(verb)")
            }
        }
        let overview = try des(catalog, "--help").run()
        for verb in ["migrate", "catalog", "dead-letters", "doctor", "retention", "sources"] {
            #expect(overview.text.contains("\n  \(verb) "))
        }
        #expect(try catalog.run("--version").text == (try des(catalog, "--version").run().text))
    }

    @Test("a reader that goes away ends it quietly")
    func brokenPipe() async throws {
        let catalog = try await TestCatalog.migrated(.sqlite)
        var command = catalog.command(["catalog", "status"])
        command.output = .broken
        let result = try command.run()
        #expect(result.status == -SIGPIPE && result.errors.isEmpty, "\(result)")
    }
}
