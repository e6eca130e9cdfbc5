import DESCore
import Glibc
import Testing

@Suite("name new")
struct NameNewTests {
    private let directory: TemporaryDirectory
    private let state: String

    init() throws {
        directory = try TemporaryDirectory()
        state = directory["state/of/names"]
    }

    private func new(_ arguments: String..., environment: [String: String] = [:]) -> Command {
        var command = Command.des("name", "new")
        command.arguments += arguments
        command.environment = environment
        return command
    }

    private func names(_ result: Command.Result) throws -> [DESName] {
        try #require(result.status == 0 && result.errors.isEmpty, "\(result)")
        return try result.lines.map { try DESName($0) }
    }

    /// What is remembered of a node id, line by line.
    private func ceilings(_ node: String) throws -> [Int] {
        try Files.text("\(state)/node-\(node)").split(separator: "\n").map { line in
            let digits = line.drop { !$0.isNumber }.prefix { $0.isNumber }
            return try #require(Int(digits), "\(line)")
        }
    }

    @Test("names are fresh, in order, and all of the node", arguments: [nil, 1, 25_000] as [Int?])
    func fresh(count: Int?) throws {
        var command = new("--node-id", "7", "--state", state)
        if let count { command.arguments += ["--count", "\(count)"] }
        let names = try names(try command.run())
        #expect(names.count == count ?? 1)
        #expect(names.allSatisfy { $0.prefix == .standard && $0.value.node == 7 })
        #expect(names.allSatisfy { $0.day == CalendarDay(milliseconds: $0.milliseconds) })
        #expect(
            zip(names, names.dropFirst()).allSatisfy {
                ($0.milliseconds, $0.value.sequence) < ($1.milliseconds, $1.value.sequence)
            })
        // Who comes next begins after the last of them, and no later than it must.
        let last = try #require(names.last)
        #expect(try ceilings("007") == [last.milliseconds + 1, last.milliseconds + 1])
        let next = try self.names(try command.run())
        #expect(next[0].milliseconds > last.milliseconds)
    }

    @Test("--json gives each name with its day")
    func json() throws {
        let lines = try new("--node-id", "7", "--state", state, "--count", "3", "--json").run().json()
        #expect(lines.count == 3)
        for line in lines {
            let name = try DESName(try #require(line["name"]?.stringValue))
            #expect(line["type"] == .string("name") && line["day"] == .string(name.day.description))
        }
    }

    @Test("node ids, directory and prefix are taken from flags, or else from the environment")
    func environment() throws {
        let variables = ["DES_NAMES_NODE_ID": "200", "DES_NODE_ID": "3", "DES_NAMES_STATE_DIRECTORY": state]
        let first = try names(try new(environment: variables).run())
        #expect(first[0].value.node == 200 && first[0].prefix.description == "DES")
        #expect(try Files.names(in: state) == ["node-200"])

        let earlier = ["DES_NODE_ID": "3-4", "DES_NAME_PREFIX": "CAM", "STATE_DIRECTORY": directory["systemd"]]
        let second = try names(try new(environment: earlier).run())
        #expect(second[0].value.node == 3 && second[0].prefix.description == "CAM")
        #expect(try Files.names(in: directory["systemd/nodes"]) == ["node-003"])

        let flags = new(
            "--node-id", "9", "--state", directory["flag"], "--prefix", "X1",
            environment: variables.merging(["DES_NAMES_PREFIX": "NO"]) { $1 })
        let third = try names(try flags.run())
        #expect(third[0].value.node == 9 && third[0].prefix.description == "X1")
        #expect(try Files.names(in: directory["flag"]) == ["node-009"])
        #expect(try Files.names(in: state) == ["node-200"])
    }

    @Test(
        "without a node id nothing is made; it says why there is no default and what to do",
        arguments: [[], ["--json"]])
    func noNode(options: [String]) throws {
        var command = new("--state", state, environment: ["DES_NAMES_NODE_ID": ""])
        command.arguments += options
        let result = try command.run()
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
        for words in ["two processes with one node id", "--node-id", "DES_NAMES_NODE_ID", "0-15"] {
            #expect(result.errors.contains(words), "\(words): \(result)")
        }
        #expect(!Files.exists(state))
    }

    @Test(
        "wrong usage is said, whether a flag or a variable is wrong",
        arguments: [
            (["--node-id", "256"], [:], "--node-id: expected a node id such as 7"),
            (["--node-id", "5-3"], [:], "not \"5-3\""), ([], ["DES_NODE_ID": "x\ny"], "DES_NODE_ID: expected"),
            (["--node-id", "1", "--count", "0"], [:], "--count: expected a whole number from 1, not 0"),
            (["--node-id", "1", "--count", "-5"], [:], "--count"),
            (["--node-id", "1", "--count", "many"], [:], "--count"),
            (["--node-id", "1", "--prefix", "a-b"], [:], "--prefix: prefix may only use letters or digits"),
            (["--node-id", "1", "--prefix", ""], [:], "--prefix: prefix must be non-empty"),
            (["--node-id", "1"], ["DES_NAMES_PREFIX": "é"], "DES_NAMES_PREFIX: prefix must contain only ASCII"),
            (["--node-id", "1", "--state", ""], [:], "--state: expected a path"),
            (["--node-id", "1"], ["HOME": ""], "there is no home directory: give --state"),
            (["--node-id", "1", "name"], [:], "name"),
        ] as [([String], [String: String], String)])
    func usage(arguments: [String], environment: [String: String], message: String) throws {
        var command = new(environment: environment.merging(["XDG_STATE_HOME": ""]) { $1 })
        command.arguments += arguments
        let result = try command.run()
        #expect(result.status == 64 && result.output.isEmpty && result.errors.contains(message), "\(result)")
    }

    /// One that has printed its first names and stands still: nobody reads on, and it has more than the pipe holds.
    private func startHeld(_ nodes: String) throws -> RunningCommand {
        let running = try new("--node-id", nodes, "--state", state, "--count", "1000000000").start()
        let line = String(decoding: try running.read(31), as: UTF8.self)
        #expect(line.hasSuffix(")\n") && (try? DESName(String(line.dropLast()))) != nil, "\(line)")
        return running
    }

    @Test("the only id is held by another process: a conflict, until that one has ended in any way")
    func held() throws {
        let holder = try startHeld("7")
        let second = try new("--node-id", "7", "--state", state).run()
        #expect(second.status == 13 && second.output.isEmpty, "\(second)")
        #expect(second.errors == "des: \(state): node id 7 is held by another process\n")
        let json = try new("--node-id", "7", "--state", state, "--json").run()
        #expect(json.status == 13)
        #expect(try json.jsonErrors().map { $0["code"] } == [.string("conflict")])
        #expect(try json.jsonErrors().map { $0["exit_status"] } == [.integer(13)])
        // Of a range another id is free.
        #expect(try names(try new("--node-id", "7-8", "--state", state).run())[0].value.node == 8)
        holder.send(SIGKILL)
        #expect(try holder.wait().status == -SIGKILL)
        #expect(try names(try new("--node-id", "7", "--state", state).run())[0].value.node == 7)
    }

    @Test("all ids of a range are held: it can be tried again")
    func allHeld() throws {
        let holders = [try startHeld("0"), try startHeld("1")]
        let result = try new("--node-id", "0-1", "--state", state).run()
        #expect(result.status == 12 && result.errors == "des: no node id is free\n", "\(result)")
        for holder in holders {
            holder.send(SIGKILL)
            _ = try holder.wait()
        }
        #expect(try names(try new("--node-id", "0-1", "--state", state).run()).count == 1)
    }

    @Test("a reader that has seen enough ends it by SIGPIPE, without a word")
    func brokenPipe() throws {
        let script = "\"$@\" | head -n 2; echo ${PIPESTATUS[0]}"
        let arguments = ["name", "new", "--count", "1000000000", "--node-id", "7", "--state", state]
        let result = try Command.tool(.bash, ["-c", script, "bash", DESProgram.path] + arguments).run()
        #expect(result.lines.count == 3 && result.lines.last == "\(128 + SIGPIPE)", "\(result)")
        #expect(result.errors.isEmpty, "\(result)")
        let next = try names(try new("--node-id", "7", "--state", state).run())
        #expect(try next[0].milliseconds > DESName(result.lines[1]).milliseconds)
    }

    @Test("an id is given back when the names could not be written")
    func notWritten() throws {
        var command = new("--node-id", "7", "--state", state)
        command.output = .file("/dev/full")
        let result = try command.run()
        #expect(result.status == 12 && result.errors.contains("standard output"), "\(result)")
        let now = Timestamp.now
        let ceilings = try ceilings("007")
        #expect(ceilings.count == 2 && ceilings[0] == ceilings[1])
        // A ceiling that was not lowered to what was used lies seconds ahead.
        #expect(ceilings[0] <= now.seconds * 1_000 + now.nanoseconds / 1_000_000 + 1)
    }

    @Test("what remembers the uses of an id is damaged: corrupt, and no name is made")
    func damaged() throws {
        try Files.write("\(state)/node-007", "something else")
        let result = try new("--node-id", "7", "--state", state).run()
        #expect(result.status == 11 && result.output.isEmpty && result.errors.contains("node-007"), "\(result)")
        try Files.write(directory["file"], "")
        let blocked = try new("--node-id", "7", "--state", directory["file/below"]).run()
        #expect(blocked.status == 10 && blocked.errors.contains("cannot make the directory"), "\(blocked)")
    }
}
