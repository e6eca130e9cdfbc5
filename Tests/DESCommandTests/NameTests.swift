import DESCore
import Glibc
import Testing

@Suite("name parse and name shard")
struct NameTests {
    static let vector = "TEST_20250101_(21BCAA000100_88)"
    static let other = "DES_20260131_(000000000000_00)"

    private func run(_ arguments: String..., input: String = "", environment: [String: String] = [:]) throws
        -> Command.Result
    {
        var command = Command.des("name")
        command.arguments += arguments
        command.input = Array(input.utf8)
        command.environment = environment
        return try command.run()
    }

    @Test("parse says what a name means, in columns")
    func parse() throws {
        let result = try run("parse", NameTests.vector)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        #expect(
            result.text == """
                TEST_20250101_(21BCAA000100_88)
                  prefix      TEST
                  day         2025-01-01
                  time        2025-01-01T12:00:00.000Z
                  node        1
                  sequence    0
                  shard       00236
                  containers  2025-01-01/shard_00236/

                """)
    }

    @Test("parse --json has the members of the service's answer")
    func parseJSON() throws {
        let names = try run("parse", "--json", "--bits", "16", "--key-prefix", "a/b", NameTests.vector).json()
        #expect(names.count == 1)
        let expected: [(String, JSON)] = [
            ("type", .string("parsed_name")), ("name", .string(NameTests.vector)), ("prefix", .string("TEST")),
            ("day", .string("2025-01-01")), ("time", .string("2025-01-01T12:00:00.000000000Z")), ("node", .integer(1)),
            ("sequence", .integer(0)), ("shard_id", .integer(60_528)),
            ("container_prefix", .string("a/b/2025-01-01/shard_60528/")),
        ]
        guard case .object(let members) = names[0] else { throw NotAnObject() }
        #expect(members == expected.map { JSON.Member($0, $1) })
    }

    private struct NotAnObject: Error {}

    @Test("what is no name is reported with the reason; the others go on, and the exit status says so")
    func badNames() throws {
        let wrongSum = "TEST_20250101_(21BCAA000100_89)"
        let some = try run("parse", "nonsense", NameTests.vector, wrongSum, NameTests.other)
        #expect(some.status == 3, "\(some)")
        #expect(some.lines.filter { !$0.hasPrefix(" ") } == [NameTests.vector, NameTests.other])
        #expect(some.errors.contains("des: \"nonsense\" is no name: expected "))
        #expect(some.errors.contains("des: \"\(wrongSum)\" is no name: its checksum should be 88"))
        #expect(some.errors.split(separator: "\n").count == 2)
        let all = try run("parse", "--json", "DES_20250230_(21BCAA000100_88)", "")
        #expect(all.status == 1 && all.output.isEmpty, "\(all)")
        let errors = try all.jsonErrors()
        #expect(errors.count == 2 && errors.allSatisfy { $0["code"] == .string("invalid-argument") })
        #expect(errors[0]["message"]?.stringValue?.contains("no such day") == true)
    }

    @Test("the bits of a shard are the leading ones of SHA-256", arguments: [(1, 1), (4, 11), (8, 186), (16, 47_736)])
    func shards(bits: Int, shard: Int) throws {
        // SHA-256 of "abc" begins with ba7816bf (FIPS 180-2, appendix B.1).
        let padded = String(repeating: "0", count: 5 - "\(shard)".utf8.count) + "\(shard)"
        #expect(try run("shard", "--bits", "\(bits)", "abc").text == "\(padded)\tabc\n")
        for variable in ["DES_NAMES_SHARD_BITS", "DES_SHARD_BITS"] {
            let result = try run("shard", "--json", "abc", environment: [variable: "\(bits)"])
            #expect(try result.json().map { $0["shard_id"] } == [.integer(shard)], "\(result)")
        }
    }

    @Test("flags come before variables, and the name of a setting before that of the earlier system")
    func precedence() throws {
        let environment = ["DES_NAMES_SHARD_BITS": "4", "DES_SHARD_BITS": "1", "DES_NAMES_KEY_PREFIX": "from/variable"]
        #expect(try run("shard", "abc", environment: environment).text == "00011\tabc\n")
        #expect(try run("shard", "--bits", "8", "abc", environment: environment).text == "00186\tabc\n")
        let parsed = try run("parse", "--json", NameTests.vector, environment: environment).json()
        #expect(parsed.first?["container_prefix"] == .string("from/variable/2025-01-01/shard_00014/"))
    }

    @Test("names come from standard input too, line by line as they are, and what is not UTF-8 is reported")
    func standardInput() throws {
        let result = try run("shard", "abc", "-", "abc", input: "abc\n\ntwo words\r\n\u{E9}\nno end")
        #expect(result.status == 0)
        #expect(result.text == "00186\tabc\n00186\tabc\n00147\ttwo words\r\n00074\té\n00193\tno end\n00186\tabc\n")
        #expect(try run("shard", "-").output.isEmpty)
        var command = Command.des("name", "shard", "-", input: [0x61, 0x0A, 0xFF, 0x0A, 0x62, 0x0A])
        let partial = try command.run()
        #expect(partial.status == 3 && partial.lines.count == 2, "\(partial)")
        #expect(partial.errors == "des: standard input: \"\u{FFFD}\" is not UTF-8\n")
        // More than one read takes, with lines that lie across the ends of reads.
        let lines = (0..<20_000).map { "name \($0)" }
        command.input = Array(lines.joined(separator: "\n").utf8)
        let many = try command.run()
        #expect(many.status == 0 && many.lines.map { $0.drop { $0 != "\t" }.dropFirst() } == lines.map { $0[...] })
        let parsed = try run("parse", "--json", "-", input: "\(NameTests.vector)\nnonsense\n")
        #expect(try parsed.status == 3 && parsed.json().count == 1, "\(parsed)")
    }

    @Test("who asks through pipes has the answer before the next question")
    func dialogue() throws {
        let program = """
            import subprocess, sys
            des = subprocess.Popen([sys.argv[1], "name", "shard", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for name in [b"abc", b"", b"abc"]:
                des.stdin.write(name + b"\\n")
                des.stdin.flush()
                if name: print(des.stdout.readline().decode(), end="")
            des.stdin.close()
            sys.exit(des.wait())
            """
        let result = try Command.tool(.python3, ["-ISBc", program, DESProgram.path]).run()
        #expect(result.status == 0 && result.text == "00186\tabc\n00186\tabc\n", "\(result)")
    }

    @Test(
        "wrong usage is said, whether a flag or a variable is wrong",
        arguments: [
            (["parse"], [:], "name"),
            (["shard", "--bits", "17", "a"], [:], "--bits: expected a whole number from 1 to 16"),
            (["shard", "a"], ["DES_SHARD_BITS": "x"], "DES_SHARD_BITS: expected a whole number"),
            (["parse", "--key-prefix", "a/", "b"], [:], "--key-prefix: expected a prefix of keys"),
        ] as [([String], [String: String], String)])
    func usage(arguments: [String], environment: [String: String], message: String) throws {
        var command = Command.des("name")
        command.arguments += arguments
        command.environment = environment
        let result = try command.run()
        #expect(result.status == 64 && result.output.isEmpty && result.errors.contains(message), "\(result)")
    }
}
