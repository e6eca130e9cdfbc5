import DESCore
import Testing

@testable import DESRuntime

@Suite("Which of several values of a setting counts")
struct PrecedenceTests {
    @Test(
        "a flag before the environment before its earlier name before the file before the default", arguments: 0..<16)
    func precedence(combination: Int) throws {
        var given = Given()
        var expected = ("DES", "default")
        if combination & 1 != 0 {
            given.file = Array("# first line\nnames:\n  prefix: File\n".utf8)
            expected = ("File", "des.yaml:3")
        }
        if combination & 2 != 0 {
            given.environment["DES_NAME_PREFIX"] = "Earlier"
            expected = ("Earlier", "DES_NAME_PREFIX")
        }
        if combination & 4 != 0 {
            given.environment["DES_NAMES_PREFIX"] = "Environment"
            expected = ("Environment", "DES_NAMES_PREFIX")
        }
        if combination & 8 != 0 {
            given.flags["names.prefix"] = "Flag"
            expected = ("Flag", "--set names.prefix")
        }
        let configuration = try given.configuration()
        #expect(configuration[Settings.namePrefix].description == expected.0)
        #expect(configuration.printed.contains("\n  prefix: \(expected.0)  # \(expected.1)\n"))
    }

    @Test("an empty variable is none: the next place counts")
    func emptyVariable() throws {
        var given = Given(environment: ["DES_NAMES_PREFIX": "", "DES_NAME_PREFIX": "Earlier"])
        #expect(try given.configuration()[Settings.namePrefix].description == "Earlier")
        given.environment["DES_NAME_PREFIX"] = ""
        #expect(try given.configuration()[Settings.namePrefix].description == "DES")
        given.file = Array("names: {prefix: File}".utf8)
        #expect(try given.configuration()[Settings.namePrefix].description == "File")
        given.environment["DES_NAMES_NODE_ID"] = ""
        #expect(given.problems().count == 1)
    }

    @Test("an empty flag is a value, and here a wrong one")
    func emptyFlag() {
        #expect(
            Given(flags: ["names.prefix": ""]).problems() == [
                "--set names.prefix: prefix must be non-empty, not \"\""
            ])
    }

    @Test("a wrong value is reported, not passed over for the next place")
    func wrongValue() {
        let given = Given(flags: ["names.shard-bits": "17"], environment: ["DES_NAMES_SHARD_BITS": "8"])
        #expect(given.problems() == ["--set names.shard-bits: expected a whole number from 1 to 16, not \"17\""])
    }

    @Test("a wrong value that does not count is not looked at")
    func wrongValueThatDoesNotCount() throws {
        let given = Given(flags: ["names.shard-bits": "9"], environment: ["DES_NAMES_SHARD_BITS": "x"])
        #expect(try given.configuration()[Settings.shardBits].count == 9)
    }

    @Test("a setting without a default has to be set, and it is said why and where")
    func required() {
        var given = Given()
        given.environment = [:]
        let problems = given.problems()
        #expect(problems.count == 1)
        for part in ["names.node-id is not set: ", "two processes", "DES_NODE_ID", "DES_NAMES_NODE_ID", "0-15"] {
            #expect(problems[0].contains(part), "\(part)")
        }
    }

    @Test("a setting that need not be set has no value then")
    func optional() throws {
        #expect(try Given().configuration()[Settings.stateDirectory] == nil)
        #expect(try Given(flags: ["names.state-directory": "/s"]).configuration()[Settings.stateDirectory] == "/s")
    }

    // A program that forgot to declare its tokens would serve everybody.
    @Test("who asks for a setting that the program did not declare is stopped, also if it need not be set")
    func undeclared() async {
        await #expect(processExitsWith: .failure) {
            let configuration = try Configuration(
                Settings.service, environment: Environment(["DES_ASSIGN_TOKENS": "0123456789abcdef"]))
            _ = configuration[Settings.assignTokens]
        }
    }
}
