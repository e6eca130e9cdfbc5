import Testing

@Suite("Wrong usage of pack --sharded")
struct ShardedUsageTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.tree("tree", ["a": "1"])
    }

    @Test(
        "is said with both of what does not go together, or with what was expected",
        arguments: [
            (["--sharded", "-o", "-"], ["--sharded", "-o -", "s3://bucket/prefix"]),
            (["--sharded"], ["--output"]),
            (["--sharded", "-o", ""], ["--output"]),
            (["--sharded", "-o", "store", "--order", "input"], ["--sharded", "--order input"]),
            (["--sharded", "-o", "store", "--force"], ["--sharded", "--force"]),
            (["-o", "o.des", "--day", "2026-01-31"], ["--day", "--sharded"]),
            (["-o", "o.des", "--shard-bits", "4"], ["--shard-bits", "--sharded"]),
            (["-o", "o.des", "--prefix", "A"], ["--prefix", "--sharded"]),
            (["-o", "o.des", "--state", "x"], ["--state", "--sharded"]),
            (["-o", "o.des", "--container-bytes", "1"], ["--container-bytes", "--sharded"]),
            (["-o", "o.des", "--container-entries", "1"], ["--container-entries", "--sharded"]),
            (["--sharded", "-o", "store", "--day", "31.1.2026"], ["--day", "a day such as 20", "31.1.2026"]),
            (["--sharded", "-o", "store", "--day", "2026-02-30"], ["--day", "a day such as 20", "2026-02-30"]),
            (["--sharded", "-o", "store", "--day", ""], ["--day", "expected a day"]),
            (["--sharded", "-o", "store", "--day", "2000-01-01"], ["--day", "2000-01-01", "at most 24 days"]),
            (["--sharded", "-o", "store", "--shard-bits", "17"], ["--shard-bits", "from 1 to 16", "17"]),
            (["--sharded", "-o", "store", "--shard-bits", "0"], ["--shard-bits", "from 1 to 16"]),
            (["--sharded", "-o", "store", "--container-bytes", "0"], ["--container-bytes", "from 1", "0"]),
            (["--sharded", "-o", "store", "--container-entries", "16777217"], ["--container-entries", "16777216"]),
            (["--sharded", "-o", "store", "--prefix", "a-b"], ["--prefix", "letters or digits"]),
            (["--sharded", "-o", "s3://bucket//x"], ["--output", "s3://bucket/prefix", "s3://bucket//x"]),
            (["--sharded", "-o", "s3:/x"], ["--output", "s3://bucket/key"]),
        ] as [([String], [String])])
    func usage(arguments: [String], words: [String]) throws {
        var command = Command.des("pack", "tree", in: directory.path)
        command.arguments += arguments
        if arguments.contains("--sharded") { command.arguments += ["--node-id", "1", "--state", "state"] }
        let result = try command.run()
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
        for word in words { #expect(result.errors.contains(word), "\(word): \(result)") }
        #expect(try Files.names(in: directory.path) == ["tree"])
    }

    @Test("without a node id it says why there is no default")
    func noNode() throws {
        let result = try Command.des("pack", "--sharded", "tree", "-o", "store", in: directory.path).run()
        #expect(result.status == 64 && result.errors.contains("two processes with one node id"), "\(result)")
        #expect(try Files.names(in: directory.path) == ["tree"])
    }

    @Test("prefix, node ids, state and shard bits come from the environment too, as for des name")
    func environment() throws {
        var command = Command.des("pack", "--sharded", "tree", "-o", "store", in: directory.path)
        command.environment = [
            "DES_NAMES_NODE_ID": "9", "DES_NAMES_STATE_DIRECTORY": directory["state"], "DES_NAMES_PREFIX": "ENV",
            "DES_NAMES_SHARD_BITS": "1",
        ]
        let line = try #require(try DailyStore.lines(try command.run()).first)
        #expect(line.name.hasPrefix("ENV_"))
        #expect(try Files.names(in: directory["state"]) == ["node-009"])
        #expect(line.key.contains("/shard_00000/") || line.key.contains("/shard_00001/"))
    }
}
