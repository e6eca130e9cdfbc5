import DESCore
import Logging
import Testing

@testable import DESRuntime

@Suite("Configuration files")
struct ConfigurationFileTests {
    private func problems(_ text: String) -> [String] { Given(file: text).problems() }

    @Test(
        "a file with nothing in it sets nothing",
        arguments: [
            "", "\n\n", "# only a comment\n", "---\n", "---\n# comment\n...\n", "~\n", "names:\n", "names: {}\n",
            "names: ~\nassign: null\n", "\u{FEFF}# a byte order mark\n",
        ])
    func nothing(text: String) throws {
        let configuration = try Given(file: text).configuration()
        #expect(try configuration.printed == Given().configuration().printed)
    }

    @Test("values may be written in any way that YAML has")
    func spellings() throws {
        let given = Given(
            file: """
                # comment
                "names": {prefix: 'A1', "shard-bits": "9"}
                assign:
                    listen: 0.0.0.0:1   # comment
                    tokens:
                    - 0123456789abcdef
                    - "fedcba9876543210"
                service:
                  log-level: >-
                    debug
                """)
        let configuration = try given.configuration()
        #expect(configuration[Settings.namePrefix].description == "A1")
        #expect(configuration[Settings.shardBits].count == 9)
        #expect(configuration[Settings.assignListen] == Endpoint(host: "0.0.0.0", port: 1))
        #expect(configuration[Settings.assignTokens] == ["0123456789abcdef", "fedcba9876543210"])
    }

    @Test("lines may end as on Windows")
    func lineEnds() throws {
        let given = Given(file: "names:\r\n  prefix: A\r\n  shard-bits: x\r\n")
        #expect(given.problems() == ["des.yaml:3: names.shard-bits: expected a whole number from 1 to 16, not \"x\""])
    }

    @Test("a list may be written as in a variable, and an item of a list is one value")
    func lists() throws {
        let tokens = ["0123456789abcdef", "fedcba9876543210"]
        let joined = tokens.joined(separator: ", ")
        #expect(try Given(file: "assign: {tokens: \"\(joined)\"}").configuration()[Settings.assignTokens] == tokens)
        #expect(try Given(file: "assign: {tokens: [\(joined)]}").configuration()[Settings.assignTokens] == tokens)
        #expect(problems("assign: {tokens: [\"\(joined)\"]}").count == 1)
    }

    @Test("an unknown setting or section is reported, with those that there are")
    func unknown() {
        #expect(
            problems("service:\n  log-levle: info\n") == [
                "des.yaml:2: unknown setting \"service.log-levle\"; \"service\" has drain-timeout, drain-delay, log-level"
            ])
        let sections = "sections are assign, catalog, marker, names, packer, service, source, store"
        #expect(
            problems("servcie:\n  log-level: info\n") == [
                "des.yaml:2: unknown setting \"servcie.log-level\"; \(sections)"
            ])
        #expect(problems("\nservcie:\n") == ["des.yaml:2: unknown section \"servcie\"; \(sections)"])
        #expect(problems("servcie: {}\n") == ["des.yaml:1: unknown section \"servcie\"; \(sections)"])
    }

    @Test("sections of other programs are read over, but not what is wrong in them")
    func otherPrograms() throws {
        let text = "assign:\n  listen: nowhere:x\nnames:\n  node-id: 1\n"
        #expect(try Given(file: text).configuration(Settings.service)[Settings.logLevel] == .info)
        #expect(Given(file: text + "  nod-id: 2\n").problems(Settings.service).count == 1)
    }

    @Test("what is there twice is reported where it is for the second time")
    func duplicates() {
        #expect(
            problems("names:\n  prefix: A\n  shard-bits: 8\n  prefix: A\n") == [
                "des.yaml:4: names.prefix: is set twice"
            ])
        #expect(
            problems("names:\n  prefix: A\nassign:\nnames:\n  shard-bits: 8\n") == ["des.yaml:4: names: is there twice"]
        )
    }

    @Test(
        "what is nested in another way is reported",
        arguments: [
            ("names.prefix: A\n", "des.yaml:1: names.prefix: expected settings below it, each on a line of its own"),
            ("names:\n  - prefix\n", "des.yaml:2: names: expected settings below it, each on a line of its own"),
            ("text\n", "des.yaml:1: expected sections such as \"names:\""),
            ("\n- names\n", "des.yaml:2: expected sections such as \"names:\""),
            ("names:\n  prefix:\n    text: A\n", "des.yaml:3: names.prefix: expected a value, not further settings"),
            ("? [names]\n: 1\n", "des.yaml:1: expected the name of a section"),
            ("names:\n  ? {a: b}\n  : 1\n", "des.yaml:2: names: expected the name of a setting"),
            ("assign:\n  tokens:\n  - [a]\n", "des.yaml:3: assign.tokens: expected a list of plain values"),
            ("names:\n  prefix: [A]\n", "des.yaml:2: names.prefix: expected ASCII letters and digits, not a list"),
            ("names:\n  prefix: []\n", "des.yaml:2: names.prefix: expected ASCII letters and digits, not a list"),
        ])
    func nesting(text: String, problem: String) { #expect(problems(text) == [problem]) }

    @Test(
        "what is no YAML is reported with its line",
        arguments: [
            ("names:\n\tprefix: A\n", 2, "tab"), ("names:\n  prefix: \"A\n", 3, ""),
            ("names:\n  prefix: A\n x: y\n", 3, ""),
            ("names: [\n", 2, ""), ("names:\n  prefix: A: B\n", 2, ""),
            ("# comment\nnames:\n  prefix: A\u{7}\n", 3, "control characters"), ("names:\n  prefix: @a\n", 2, ""),
        ])
    func noYAML(text: String, line: Int, words: String) throws {
        let problems = problems(text)
        #expect(problems.count == 1)
        #expect(problems[0].hasPrefix("des.yaml:\(line): "), "\(problems)")
        #expect(problems[0].contains(words), "\(problems)")
    }

    @Test(
        "what is not UTF-8 is reported with its line", arguments: [[0xFF], [0xC3, 0x28], [0xE4], [0xED, 0xA0, 0x80]])
    func notUTF8(bytes: [UInt8]) throws {
        var given = Given()
        given.file = Array("# comment\n\nnames:\n  prefix: \"".utf8) + bytes + Array("\"\n".utf8)
        let problems = given.problems()
        #expect(problems.count == 1)
        #expect(problems[0].hasPrefix("des.yaml:4: ") && problems[0].contains("UTF-8"), "\(problems)")
    }

    @Test("a second document is reported with the line where it begins, whatever is in it")
    func secondDocument() {
        for second in ["names:\n  prefix: B\n", "names: [\n", ""] {
            #expect(
                problems("names:\n  prefix: A\n---\n\(second)") == [
                    "des.yaml:3: expected one YAML document, found a second one"
                ])
        }
    }

    @Test("nesting without an end ends in a message, and the rest of what is nested too deeply is read")
    func deep() {
        for brackets in ["[", "{a: ", "- ", "? "] {
            let text = String(repeating: brackets, count: 200_000)
            #expect(problems(text) == ["des.yaml:1: it is nested too deeply"])
        }
        #expect(
            problems("assign:\n  tokens: [[[[a]], {b: [c]}]]\n  listen: x:y\n") == [
                "des.yaml:2: assign.tokens: expected a list of plain values",
                "des.yaml:3: assign.listen: expected HOST:PORT, such as 127.0.0.1:8000, not \"x:y\"",
            ])
    }

    // With them a mebibyte could become any number of settings, or one that contains itself.
    @Test("aliases are refused with their line", arguments: ["&a\n  prefix: *a\n", "&a {}\nassign: *a\n"])
    func aliases(text: String) {
        #expect(problems("names: \(text)") == ["des.yaml:2: expected a value, not an alias of one"])
    }

    @Test("control characters of a file reach no terminal")
    func controlCharacters() {
        let texts = [
            "\"\\e[2J\":\n  x: y\n", "\"\\e[2J\": text\n", "\"\\e[2J\": {}\n", "names:\n  \"\\e[2J\": x\n",
            "names:\n  \"\\e[2J\": [[]]\n", "names:\n  \"\\e[2J\": {a: b}\n",
            "names:\n  \"\\e[2J\": 1\n  \"\\e[2J\": 2\n",
            "\"\\e[2J\":\n  [a]: b\n", "names: {prefix: \"\\e[2J\"}\n", "\"\\e[2J\":\n\"\\e[2J\":\n",
        ]
        for text in texts {
            let problems = problems(text)
            #expect(!problems.isEmpty, "\(text)")
            for problem in problems {
                #expect(!problem.contains("\u{1B}") && problem.contains("[2J"), "\(problem.debugDescription)")
            }
        }
    }

    @Test("a file of a mebibyte is read, a larger one refused")
    func size() throws {
        let directory = try TemporaryDirectory()
        let text = Array("names:\n  prefix: A\n".utf8)
        func problems(_ byteCount: Int) throws -> [String] {
            let comment = [UInt8(ascii: "#")] + [UInt8](repeating: 0x20, count: byteCount - text.count - 1)
            let path = try directory.write(text + comment, to: "des.yaml")
            return ConfigurationFile(path: path).problems
        }
        #expect(try problems(1 << 20) == [])
        #expect(try problems((1 << 20) + 1) == ["\(directory / "des.yaml"): expected at most 1048576 bytes"])
    }

    @Test("what is no file, or is not there, is reported with its path")
    func noFile() throws {
        let directory = try TemporaryDirectory()
        #expect(ConfigurationFile(path: directory.path).problems == ["\(directory.path): cannot read: Is a directory"])
        let missing = directory / "des.yaml"
        #expect(ConfigurationFile(path: missing).problems == ["\(missing): cannot open: No such file or directory"])
    }
}
