import ArgumentParser
import DESCore
import Testing

@testable import DESRuntime

@Suite("Flags of services")
struct ServiceOptionsTests {
    private func configuration(
        _ arguments: [String], flags: [String: (flag: String, text: String?)] = [:], environment: [String: String] = [:]
    ) throws -> Configuration {
        try ServiceOptions.parse(arguments).configuration(
            Settings.all, flags: flags,
            environment: Environment(environment.merging(["DES_NAMES_NODE_ID": "0"]) { $1 }))
    }

    private func problems(_ arguments: [String], environment: [String: String] = [:]) throws -> [String] {
        try #require(throws: ConfigurationError.self) {
            try configuration(arguments, environment: environment)
        }.problems
    }

    @Test("--set sets anything, the last one of a key counts, and its value may have equals signs")
    func set() throws {
        let configuration = try configuration([
            "--set", "names.shard-bits=9", "--set", "names.shard-bits=10", "--set", "names.key-prefix=a=b",
        ])
        #expect(configuration[Settings.shardBits].count == 10)
        #expect(configuration[Settings.keyPrefix] == "a=b")
    }

    @Test("a flag of its own counts before --set, unless it is not given")
    func ownFlags() throws {
        let set = ["--set", "assign.listen=h:1"]
        #expect(try configuration(set, flags: ["assign.listen": ("--listen", "h:2")])[Settings.assignListen].port == 2)
        #expect(try configuration(set, flags: ["assign.listen": ("--listen", nil)])[Settings.assignListen].port == 1)
        let error = try #require(throws: ConfigurationError.self) {
            try configuration([], flags: ["assign.listen": ("--listen", "")])
        }
        #expect(error.problems == ["--listen: expected HOST:PORT, such as 127.0.0.1:8000, not \"\""])
    }

    @Test("--config names the file, else DES_CONFIG does")
    func file() throws {
        let directory = try TemporaryDirectory()
        let flag = try directory.write("names:\n  prefix: Flag\n".utf8, to: "flag")
        let variable = try directory.write("names:\n  prefix: Variable\n".utf8, to: "variable")
        let environment = ["DES_CONFIG": variable]
        func prefix(_ arguments: [String]) throws -> String {
            try configuration(arguments, environment: environment)[Settings.namePrefix].description
        }
        #expect(try prefix([]) == "Variable")
        #expect(try prefix(["--config", flag]) == "Flag")
    }

    @Test("all that is wrong is reported at once: every --set, the file and the variables")
    func problems() throws {
        let missing = "/there/is/no/des.yaml"
        #expect(
            try problems(
                ["--set", "names.prefix", "--set", "x.y=1", "--set", "names.shard-bits:9", "--config", missing],
                environment: ["LOG_LEVEL": "loud"]) == [
                    "--set names.prefix: expected KEY=VALUE, such as names.shard-bits=10",
                    "--set names.shard-bits: expected KEY=VALUE, such as names.shard-bits=10",
                    "\(missing): cannot open: No such file or directory",
                    "--set x.y: there is no setting \"x.y\" here",
                    "LOG_LEVEL: expected one of trace, debug, info, notice, warning, error, critical, not \"loud\"",
                ])
    }

    @Test("a secret that is written in a wrong way is not shown")
    func secret() throws {
        for text in [
            "assign.tokens:hunter2", "assign.tokens hunter2", "assign.tokens = hunter2", "assign.tokens=hunter2",
        ] {
            #expect(!(try problems(["--set", text]).joined().contains("hunter2")), "\(text)")
        }
    }
}
