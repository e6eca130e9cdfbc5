import DESCore
import Testing

@testable import DESRuntime

@Suite("Reports of what is wrong")
struct ConfigurationProblemsTests {
    @Test("everything is reported at once, each with its place")
    func allAtOnce() {
        var given = Given(
            flags: ["names.prefix": "Ä", "names.colour": "red"], environment: ["LOG_LEVEL": "loud"],
            file: """
                names:
                  shard-bits: 17
                  wrap-bits: 31
                  node-id: 256
                  colour: red
                assign:
                  body-limit: 1
                  body-limit: 2
                  listen: [a, b]
                """)
        given.environment["DES_NAMES_NODE_ID"] = nil
        #expect(
            given.problems() == [
                "des.yaml:8: assign.body-limit: is set twice",
                "des.yaml:5: unknown setting \"names.colour\"; \"names\" has node-id, state-directory, node-count-max, "
                    + "prefix, shard-bits, wrap-bits, key-prefix",
                "--set names.colour: there is no setting \"names.colour\" here",
                "des.yaml:4: names.node-id: expected a node id such as 7, or a range of them such as 0-15, within 0 to "
                    + "255, not \"256\"",
                "--set names.prefix: prefix must contain only ASCII characters, not \"Ä\"",
                "des.yaml:2: names.shard-bits: expected a whole number from 1 to 16, not \"17\"",
                "des.yaml:3: names.wrap-bits: expected 32, not \"31\"",
                "des.yaml:9: assign.listen: expected HOST:PORT, such as 127.0.0.1:8000, not a list",
                "des.yaml:7: assign.body-limit: expected a count of bytes from 1024 to 1073741824, such as 4096, 64KiB "
                    + "or 10MB, not \"1\"",
                "LOG_LEVEL: expected one of trace, debug, info, notice, warning, error, critical, not \"loud\"",
            ])
    }

    @Test("a file that cannot be read does not hide what else is wrong, and what it may set is not missed")
    func unreadableFile() {
        var given = Given(environment: ["LOG_LEVEL": "loud"], file: "names: [\n")
        given.environment["DES_NAMES_NODE_ID"] = nil
        let problems = given.problems()
        #expect(problems.count == 2, "\(problems)")
        #expect(problems.first?.hasPrefix("des.yaml:2: ") == true)
        #expect(problems.last?.hasPrefix("LOG_LEVEL: ") == true)
    }

    @Test("a setting of another program is unknown on the command line, and known in the file")
    func otherPrograms() throws {
        let given = Given(flags: ["names.prefix": "A"])
        #expect(
            given.problems(Settings.service) == ["--set names.prefix: there is no setting \"names.prefix\" here"])
        _ = try Given(file: "names:\n  prefix: A\n").configuration(Settings.service)
    }

    @Test("control characters of values and keys reach no terminal")
    func controlCharacters() {
        let given = Given(
            flags: ["\u{1B}[2J": "x", "names.prefix": "\u{1B}[2J"], environment: ["LOG_LEVEL": "\u{1B}[2J\n\u{202E}"])
        let problems = given.problems()
        #expect(problems.count == 3)
        for problem in problems {
            #expect(problem.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && problem.contains("[2J"), "\(problem)")
        }
    }
}
