import DESCore
import Testing

@testable import DESRuntime

@Suite("Secrets")
struct SecretsTests {
    private static let tokens = ["hunter2-hunter2-hunter2", "hunter2+hunter2/hunter2="]

    private func directory() throws -> TemporaryDirectory { try TemporaryDirectory() }

    private func tokens(fromFile text: String, _ directory: TemporaryDirectory) throws -> [String]? {
        let path = try directory.write(text.utf8, to: "tokens")
        return try Given(environment: ["DES_ASSIGN_TOKENS_FILE": path]).configuration()[Settings.assignTokens]
    }

    @Test(
        "a secret can come from a file that a variable names, one a line",
        arguments: ["\n", "\r\n", "\n\n"])
    func file(lineEnd: String) throws {
        let directory = try directory()
        let text = SecretsTests.tokens.joined(separator: lineEnd)
        #expect(try tokens(fromFile: text, directory) == SecretsTests.tokens)
        #expect(try tokens(fromFile: text + lineEnd, directory) == SecretsTests.tokens)
        #expect(try tokens(fromFile: SecretsTests.tokens[0] + lineEnd, directory) == [SecretsTests.tokens[0]])
    }

    @Test("the variable itself counts before the file, and a flag before both")
    func order() throws {
        let directory = try directory()
        let path = try directory.write(SecretsTests.tokens[0].utf8, to: "tokens")
        var given = Given(
            environment: ["DES_ASSIGN_TOKENS_FILE": path], file: "assign: {tokens: [in-the-configuration]}")
        #expect(try given.configuration()[Settings.assignTokens] == [SecretsTests.tokens[0]])
        given.environment["DES_ASSIGN_TOKENS"] = SecretsTests.tokens[1]
        #expect(try given.configuration()[Settings.assignTokens] == [SecretsTests.tokens[1]])
        given.flags["assign.tokens"] = "0123456789abcdef"
        #expect(try given.configuration()[Settings.assignTokens] == ["0123456789abcdef"])
    }

    @Test("one secret in a file is its first line")
    func oneSecret() throws {
        let directory = try directory()
        let path = try directory.write("first\nsecond\n".utf8, to: "secret")
        let setting = Setting("assign.secret", .text, unset: "none", isSecret: true, help: "")
        let given = Given(environment: ["DES_ASSIGN_SECRET_FILE": path])
        #expect(try given.configuration([setting])[setting] == "first")
    }

    @Test("only a secret is looked for in a file")
    func noSecret() throws {
        let given = Given(environment: ["DES_NAMES_PREFIX_FILE": "/there/is/no/such/file"])
        #expect(try given.configuration()[Settings.namePrefix].description == "DES")
    }

    @Test("a file of secrets that is missing or too large is reported with its variable")
    func unreadable() throws {
        let directory = try directory()
        let given = Given(environment: ["DES_ASSIGN_TOKENS_FILE": directory / "none", "LOG_LEVEL": "loud"])
        let problems = given.problems()
        #expect(problems.count == 2)
        #expect(
            problems[0] == "DES_ASSIGN_TOKENS_FILE: \(directory / "none"): cannot open: No such file or directory")
        let path = try directory.write([UInt8](repeating: 0x61, count: (1 << 20) + 1), to: "large")
        #expect(
            Given(environment: ["DES_ASSIGN_TOKENS_FILE": path]).problems() == [
                "DES_ASSIGN_TOKENS_FILE: \(path): expected at most 1048576 bytes"
            ])
    }

    // Neither "everybody" nor "nobody" is what somebody meant who wrote a list of tokens with none in it.
    @Test("a list of tokens without a token is refused", arguments: ["", " ", ",", " , ,"])
    func empty(text: String) throws {
        let directory = try directory()
        let path = try directory.write("\n\n".utf8, to: "tokens")
        #expect(Given(flags: ["assign.tokens": text]).problems().count == 1)
        #expect(Given(file: "assign:\n  tokens: \"\(text)\"\n").problems().count == 1)
        #expect(Given(file: "assign:\n  tokens:\n").problems().count == 1)
        #expect(Given(file: "assign:\n  tokens: []\n").problems().count == 1)
        #expect(Given(environment: ["DES_ASSIGN_TOKENS_FILE": path]).problems().count == 1)
    }

    @Test("no message shows a part of a secret, wherever it was written")
    func messages() throws {
        let directory = try directory()
        let bad = "hunter2 hunter2 hunter2"
        let path = try directory.write("\(bad)\n".utf8, to: "tokens")
        let notUTF8 = try directory.write(Array("hunter2hunter2hunter2".utf8) + [0xFF], to: "binary")
        var all: [Given] = [
            Given(flags: ["assign.tokens": bad]), Given(flags: ["assign.tokens": "\(SecretsTests.tokens[0]),hunter2"]),
            Given(environment: ["DES_ASSIGN_TOKENS": bad]), Given(environment: ["DES_ASSIGN_TOKENS_FILE": path]),
            Given(environment: ["DES_ASSIGN_TOKENS_FILE": notUTF8]),
        ]
        for value in [bad, "[\(bad)]", "{a: \(bad)}", "{\(bad): a}", "[[\(bad)]]", "[{\(bad): a}]", "[\(bad)"] {
            all.append(Given(file: "assign:\n  tokens: \(value)\n"))
        }
        all.append(Given(file: "assign:\n  tokens: hunter2\n  tokens: hunter2\n"))
        all.append(Given(file: "assign: hunter2\n"))
        all.append(Given(file: "assign:\n  tokens: &hunter2 \"hunter2\u{7}\"\n"))
        for given in all {
            let problems = given.problems()
            #expect(!problems.isEmpty)
            #expect(!problems.joined().contains("hunter2"), "\(problems)")
        }
    }

    @Test("a wrong secret is reported with its place and what was expected")
    func expected() {
        #expect(
            Given(file: "assign:\n  tokens: [hunter2]\n").problems() == [
                "des.yaml:2: assign.tokens: expected a list of at least one, each at least 16 characters of "
                    + "A-Z a-z 0-9 - . _ ~ + / ="
            ])
    }

    @Test("no way of printing shows a secret, and what is printed cannot be taken for a configuration without one")
    func printing() throws {
        let list = SecretsTests.tokens.joined(separator: ",")
        let file = "assign: {tokens: [\(list)]}"
        for given in [
            Given(flags: ["assign.tokens": list]), Given(environment: ["DES_ASSIGN_TOKENS": list]), Given(file: file),
        ] {
            let configuration = try given.configuration()
            #expect(configuration[Settings.assignTokens] == SecretsTests.tokens)
            var dumped = ""
            dump(configuration, to: &dumped)
            let printed = configuration.printed + "\(configuration)" + String(reflecting: configuration) + dumped
            #expect(!printed.contains("hunter2"))
            #expect(configuration.printed.contains("  tokens: (not shown)  # "))
            let again = Given(file: configuration.printed).problems()
            #expect(again.count == 1 && again[0].contains("assign.tokens: expected"), "\(again)")
        }
        let parsed = ConfigurationFile(path: "des.yaml", text: Array(file.utf8))
        var dumped = ""
        dump(parsed, to: &dumped)
        #expect(!("\(parsed)" + String(reflecting: parsed) + dumped).contains("hunter2"))
    }
}
