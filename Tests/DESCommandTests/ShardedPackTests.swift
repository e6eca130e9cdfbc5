import DESCore
import Glibc
import Testing

@Suite("pack --sharded into a directory")
struct ShardedPackTests {
    private let directory: TemporaryDirectory
    private let daily: DailyStore

    init() throws {
        directory = try TemporaryDirectory()
        daily = DailyStore(directory: directory)
    }

    private func pack(_ arguments: String...) throws -> Command.Result { try daily.pack(arguments).run() }

    /// Paths of all files below, relative to `path`, but the store's own.
    private func files(_ path: String) throws -> [String] {
        try Files.names(in: path).filter { $0 != ".des-tmp" }.flatMap { name in
            let isDirectory = Files.status(path + "/" + name).map { $0.st_mode & S_IFMT == S_IFDIR } == true
            return isDirectory ? try files(path + "/" + name).map { name + "/" + $0 } : [name]
        }
    }

    @Test("each file is found under its name: by its line, and by day and shard alone; META says where it came from")
    func roundTrip() throws {
        let content: KeyValuePairs = ["a.txt": "one", "sub/ü b.JSON": "{}", "sub/empty": "", "z": "zz"]
        try directory.tree("tree", content)
        try Files.write(directory["tree/large"], [UInt8](repeating: 7, count: 300_000))
        let lines = try DailyStore.lines(try pack("tree", "-o", "new/store", "--shard-bits", "3", "--prefix", "CAM"))
        #expect(Set(lines.map(\.source)) == Set(content.map { "tree/" + $0.key } + ["tree/large"]))
        #expect(Set(try files(directory["new/store"])) == Set(lines.map(\.key)))
        for line in lines {
            let container = "\(directory["new/store"])/\(line.key)"
            let expected = try Files.read(directory[line.source])
            #expect(try Array(Files.read(container)[line.body]) == expected)
            #expect(try Command.des("cat", container, line.name).run().output == expected)
            #expect(try Container.meta(container, line.name)["source"] == .string(line.source))
            try Container.expectClean(container)

            // Who has nothing but the name: its day and shard say which directory to look in.
            let name = try DESName(line.name)
            #expect(name.prefix.description == "CAM")
            let parsed = try Command.des("name", "parse", "--json", "--bits", "3", line.name).run().json()
            let prefix = try #require(parsed.first?["container_prefix"]?.stringValue)
            let keys = try Files.names(in: "\(directory["new/store"])/\(prefix)").map { prefix + $0 }
            let locator = ShardLocator(of: name, bits: try ShardBits(3))
            #expect(locator.candidates(among: keys).map(\.text) == [line.key])
            let located = try Command.des("locate", container, line.name).run().text
            #expect(located.contains("\t\(line.body.lowerBound)\t\(line.body.count)\t"), "\(located)")
        }
        let json = try #require(lines.first { $0.source.hasSuffix("JSON") })
        let meta = try Container.meta("\(directory["new/store"])/\(json.key)", json.name)
        #expect(meta["mime"] == .string("application/json") && meta["mode"] == .integer(0o644), "\(meta)")
        #expect(meta["mtime"] != nil)
    }

    @Test("a shard's files are in one container, clustered, in the order of their lines but large ones behind")
    func containers() throws {
        for number in 0..<300 { try directory.tree("tree", ["\(number)": "content of \(number)"]) }
        try Files.write(directory["tree/large"], [UInt8](repeating: 7, count: 300_000))
        let result = try pack("tree", "-o", "store", "--shard-bits", "2", "--json")
        let lines = try DailyStore.lines(result)
        #expect(lines.count == 301 && Set(lines.map(\.key)).count == 4)
        let summary = try #require(try result.json().last)
        #expect(summary["type"] == .string("summary") && summary["containers"] == .integer(4))
        #expect(summary["packed"] == .integer(301) && summary["left_out"] == .integer(0))
        for key in Set(lines.map(\.key)) {
            let info = try #require(try Command.des("info", "--json", directory["store/\(key)"]).run().json().first)
            #expect(info["clustered"] == .bool(true), "\(info)")
            let own = lines.filter { $0.key == key && $0.source != "tree/large" }
            #expect(own.map(\.body.lowerBound) == own.map(\.body.lowerBound).sorted())
        }
    }

    @Test("containers end where they are told to: by entries, or by bytes")
    func rolled() throws {
        for number in 0..<40 { try directory.tree("tree", ["\(number)": "0123456789"]) }
        for (options, countMax) in [(["--container-entries", "3"], 3), (["--container-bytes", "49"], 4)] {
            let result = try daily.pack(["tree", "-o", "store", "--shard-bits", "1"] + options).run()
            let lines = try DailyStore.lines(result)
            let counts = Dictionary(grouping: lines, by: \.key).mapValues(\.count)
            #expect(lines.count == 40 && counts.values.max() == countMax)
            // In each shard all but the last are full.
            #expect(counts.values.count { $0 < countMax } <= 2, "\(counts)")
        }
    }

    @Test("a day that is given is the day of names and containers, and 24 days from today are as far as it goes")
    func days() throws {
        try directory.tree("tree", ["a": "1"])
        var today: CalendarDay?
        repeat {  // once more if midnight comes in between
            today = CalendarDay(milliseconds: Timestamp.now.seconds * 1_000)
            for distance in [-25, -24, -1, 24, 25] {
                let day = try #require(today.flatMap { CalendarDay(number: $0.number + distance) })
                let result = try pack("tree", "-o", "store\(distance)", "--day", "\(day)")
                if abs(distance) > 24 {
                    guard today == CalendarDay(milliseconds: Timestamp.now.seconds * 1_000) else { break }
                    #expect(result.status == 64 && result.output.isEmpty, "\(result)")
                    #expect(result.errors.contains("--day: ") && result.errors.contains("at most 24 days"), "\(result)")
                    #expect(!Files.exists(directory["store\(distance)"]))
                } else {
                    let line = try #require(try DailyStore.lines(result).first)
                    #expect(try DESName(line.name).day == day && line.key.hasPrefix("\(day)/shard_"))
                }
            }
        } while today != CalendarDay(milliseconds: Timestamp.now.seconds * 1_000)
    }

    @Test("a second run makes new names in new containers, and touches none that is there")
    func twice() throws {
        try directory.tree("tree", ["a": "1", "b": "2", "c": "3"])
        let first = try DailyStore.lines(try pack("tree", "-o", "store", "--shard-bits", "1"))
        let before = try first.map { try Files.read(directory["store/\($0.key)"]) }
        let second = try DailyStore.lines(try pack("tree", "-o", "store", "--shard-bits", "1"))
        #expect(first.count == 3 && second.count == 3)
        #expect(Set(first.map(\.name)).isDisjoint(with: second.map(\.name)))
        #expect(Set(first.map(\.key)).isDisjoint(with: second.map(\.key)))
        #expect(try first.map { try Files.read(directory["store/\($0.key)"]) } == before)
        #expect(Set(try files(directory["store"])) == Set((first + second).map(\.key)))
    }

    @Test("without files there is no container, and that is no error")
    func empty() throws {
        for path in ["none", "nested/a", "nested/b/c"] { try Files.write(directory["\(path)/x"], "") }
        for path in ["none/x", "nested/a/x", "nested/b/c/x"] { Files.remove(directory[path]) }
        for tree in ["none", "nested"] {
            let result = try pack(tree, "-o", "store")
            #expect(result.status == 0 && result.output.isEmpty, "\(result)")
            #expect(result.errors.contains("packed 0 entries"), "\(result)")
            #expect(try files(directory["store"]).isEmpty)
        }
    }

    @Test("links are packed as links; what cannot be packed is reported and left out")
    func oddFiles() throws {
        try directory.tree("tree", ["a": "1"])
        try Files.link(directory["tree/link"], to: "no/where")
        #expect(mkfifo(directory["tree/pipe"], 0o600) == 0)
        let lines = try DailyStore.lines(try pack("tree", "-o", "store", "--shard-bits", "1"), status: 3)
        #expect(Set(lines.map(\.source)) == ["tree/a", "tree/link"])
        let link = try #require(lines.first { $0.source == "tree/link" })
        let container = directory["store/\(link.key)"]
        #expect(try Command.des("cat", container, link.name).run().text == "no/where")
        #expect(try Container.meta(container, link.name)["type"] == .string("symlink"))
    }

    @Test("sources are written as they were given: files, directories, lists; metadata is found by the path below DIR")
    func sources() throws {
        try directory.tree("tree", ["a.txt": "1", "sub/b.txt": "2"])
        func sources(_ arguments: String..., input: String = "") throws -> Set<String> {
            var command = daily.pack(arguments + ["-o", directory["store"]])
            (command.directory, command.input) = (directory["tree"], Array(input.utf8))
            return Set(try DailyStore.lines(try command.run()).map(\.source))
        }
        #expect(try sources("a.txt", "sub/b.txt") == ["a.txt", "sub/b.txt"])
        #expect(try sources("sub", "./a.txt") == ["sub/b.txt", "./a.txt"])
        #expect(try sources(".") == ["./a.txt", "./sub/b.txt"])
        #expect(try sources("../tree/") == ["../tree/a.txt", "../tree/sub/b.txt"])
        #expect(try sources("--files-from", "-", input: "a.txt\nsub\n") == ["a.txt", "sub/b.txt"])
        #expect(try sources("--files-from", "-", "sub", input: "b.txt\n") == ["sub/b.txt"])

        try Files.write(directory["meta"], #"{"name":"sub/b.txt","meta":{"tag":"x","source":"elsewhere"}}"#)
        let lines = try DailyStore.lines(try pack("tree", "-o", "store", "--meta", "meta"))
        let line = try #require(lines.first { $0.source == "tree/sub/b.txt" })
        let meta = try Container.meta(directory["store/\(line.key)"], line.name)
        #expect(meta["tag"] == .string("x") && meta["source"] == .string("elsewhere"), "\(meta)")
    }

    @Test("a store in the tree is not packed into itself, and it is said")
    func storeInside() throws {
        try directory.tree("tree", ["a": "1", "sub/b": "2"])
        for _ in 0..<2 {
            let result = try pack("tree", "-o", "tree/sub/store")
            #expect(Set(try DailyStore.lines(result).map(\.source)) == ["tree/a", "tree/sub/b"])
        }
        let result = try pack("tree", "-o", "tree/sub/store")
        #expect(result.errors.contains("des: tree/sub/store: is the store itself, not packed\n"), "\(result)")
        let itself = try pack("tree/sub/store", "-o", "tree/sub/store")
        #expect(itself.status == 0 && itself.output.isEmpty, "\(itself)")
    }

    @Test("a store that cannot be written is an error, and no line says that something is there")
    func unwritable() throws {
        try directory.tree("tree", ["a": "1"])
        try Files.write(directory["file"], "somebody else's")
        #expect(try pack("tree", "-o", "file").status == 13)
        #expect(try Files.text(directory["file"]) == "somebody else's")
        try Files.write(directory["tree/large"], [UInt8](repeating: 7, count: 300_000))
        let result = try daily.pack(["tree", "-o", "store", "--shard-bits", "16"]).withFileSizeMax(100_000).run()
        #expect(result.errors.contains("File too large"), "\(result)")
        let lines = try DailyStore.lines(result, status: 12)
        #expect(try files(directory["store"]) == lines.map(\.key))
        #expect(lines.allSatisfy { $0.source == "tree/a" })
    }
}
