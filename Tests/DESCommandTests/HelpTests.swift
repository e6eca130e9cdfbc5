import Testing

@Suite("Help and completions")
struct HelpTests {
    static let verbs = ["pack", "ls", "cat", "extract", "info", "verify", "cp", "locate", "name"]
    static let verbsOfName = ["name new", "name parse", "name shard"]

    @Test("the help of each verb shows examples of it", arguments: verbs.dropLast() + verbsOfName)
    func examples(verb: String) throws {
        var command = Command.des()
        command.arguments = verb.split(separator: " ").map(String.init) + ["--help"]
        let result = try command.run()
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let examples = try #require(result.text.range(of: "EXAMPLES")?.upperBound, "\(result.text)")
        #expect(result.text[examples...].contains("des \(verb) "))
        #expect(result.text.contains("--json") && result.text.contains("--quiet"))
    }

    @Test("the help of des lists every verb and every exit status")
    func overview() throws {
        let result = try Command.des("--help").run()
        #expect(result.status == 0)
        for word in HelpTests.verbs + ["EXAMPLES", "EXIT STATUS"] { #expect(result.text.contains(word), "\(word)") }
        for status in ["0", "1", "3", "10", "11", "12", "13", "64", "130"] {
            #expect(
                result.lines.contains { $0.split(separator: " ").first.map(String.init) == status }, "status \(status)")
        }
    }

    @Test("a group of verbs shows examples of each, also without --help", arguments: [["name"], ["name", "--help"]])
    func group(arguments: [String]) throws {
        var command = Command.des()
        command.arguments = arguments
        let result = try command.run()
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        for verb in HelpTests.verbsOfName { #expect(result.text.contains("des \(verb) "), "\(verb)") }
    }

    @Test("--version prints the version")
    func version() throws {
        let result = try Command.des("--version").run()
        #expect(result.status == 0 && result.lines.count == 1)
        #expect(result.text.first?.isNumber == true)
    }

    @Test(
        "completion scripts are made for three shells, and the shells accept them", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let result = try Command.des("--generate-completion-script", shell).run()
        #expect(result.status == 0 && result.errors.isEmpty)
        for verb in HelpTests.verbs { #expect(result.text.contains(verb), "\(verb)") }
        #expect(result.text.contains("files-from"))
        let directory = try TemporaryDirectory()
        try Files.write(directory["script"], result.output)
        if shell == "bash" { _ = try Tool.bash.path() }
        // Of zsh and fish only what is installed here can judge; bash must be.
        guard let program = Tool.find(shell) else { return }
        let check = try Command(program: program, arguments: ["-n", directory["script"]]).run()
        #expect(check.status == 0 && check.errors.isEmpty, "\(check)")
    }
}

extension String {
    /// Where `other` begins and ends; the standard library has this for collections.
    fileprivate func range(of other: String) -> Range<String.Index>? { firstRange(of: other) }
}
