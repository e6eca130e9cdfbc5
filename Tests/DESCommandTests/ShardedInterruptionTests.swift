import Glibc
import Testing

/// Packs that stand still in the middle: each file has a container of its own and a line, and nobody reads on when the pipe is
/// full of lines. Far fewer of them fit than there are files.
@Suite("pack --sharded that is interrupted, and files that change meanwhile")
struct ShardedInterruptionTests {
    private let directory: TemporaryDirectory
    private static let fileCount = 900

    init() throws {
        directory = try TemporaryDirectory()
        let files = (0..<ShardedInterruptionTests.fileCount).map { "tree/some/where/deep/below/\($0)" }
        for (number, file) in files.enumerated() { try Files.write(directory[file], "content \(number)") }
    }

    private func startHeld() throws -> RunningCommand {
        let daily = DailyStore(directory: directory)
        return try daily.pack(["tree", "-o", "store", "--shard-bits", "1", "--container-entries", "1"]).start()
    }

    private func containers() throws -> Set<String> {
        let days = try Files.names(in: directory["store"]).filter { $0 != ".des-tmp" }
        let day = try #require(days.first)
        let shards = try Files.names(in: directory["store/\(day)"])
        return Set(
            try shards.flatMap { shard in
                try Files.names(in: directory["store/\(day)/\(shard)"]).map { "\(day)/\(shard)/\($0)" }
            })
    }

    private func content(of line: DailyStore.Line) throws -> String {
        String(decoding: try Files.read(directory["store/\(line.key)"])[line.body], as: UTF8.self)
    }

    @Test("what was said stays and is whole, and nothing half-written is there", arguments: [SIGINT, SIGTERM, SIGKILL])
    func interrupted(signal: Int32) throws {
        let running = try startHeld()
        let start = try running.read(1_000)
        running.send(signal)
        var result = try running.wait()
        #expect([128 + signal, -signal].contains(result.status), "\(result)")
        result.output = start + result.output
        result.output.removeSubrange((result.output.lastIndex(of: UInt8(ascii: "\n")) ?? 0)...)
        let lines = try DailyStore.lines(result, status: result.status)
        #expect((4..<ShardedInterruptionTests.fileCount).contains(lines.count))
        let containers = try containers()
        #expect(containers.isSuperset(of: lines.map(\.key)))
        for line in lines { #expect(try content(of: line) == Files.text(directory[line.source])) }
        for key in containers { try Container.expectClean(directory["store/\(key)"]) }
    }

    @Test("files that vanish after the walk are reported and left out; their containers are not made")
    func vanished() throws {
        let running = try startHeld()
        let start = try running.read(1_000)
        Files.remove(directory["tree/some/where/deep"])
        var result = try running.wait()
        result.output = start + result.output
        let lines = try DailyStore.lines(result, status: 3)
        let missing = result.errors.split(separator: "\n").filter { $0.contains("No such file") }
        #expect(missing.count > 0 && missing.count + lines.count == ShardedInterruptionTests.fileCount)
        #expect(missing.allSatisfy { $0.hasPrefix("des: tree/some/where/deep/below/") })
        #expect(result.errors.contains("\(missing.count) left out into \(lines.count) containers"), "\(result.errors)")
        #expect(try containers() == Set(lines.map(\.key)))
        for line in lines { #expect(try content(of: line).hasPrefix("content ")) }
    }

    @Test("files that are others when their turn comes are packed as they are then")
    func changed() throws {
        let running = try startHeld()
        let start = try running.read(1_000)
        let long = String(repeating: "x", count: 300_000)
        for number in 0..<ShardedInterruptionTests.fileCount {
            // Another file under the name: a write into one that is just being read would be a change of that.
            let path = directory["tree/some/where/deep/below/\(number)"]
            try Files.write(path + ".new", number % 100 == 0 ? long : "")
            #expect(rename(path + ".new", path) == 0)
        }
        var result = try running.wait()
        result.output = start + result.output
        let lines = try DailyStore.lines(result)
        #expect(lines.count == ShardedInterruptionTests.fileCount)
        var counts: [Int: Int] = [:]
        for line in lines {
            counts[line.body.count, default: 0] += 1
            let text = try content(of: line)
            #expect(text.isEmpty || text == long || text.hasPrefix("content "))
        }
        #expect((counts[0] ?? 0) > 400 && (counts[300_000] ?? 0) > 2, "\(counts)")
    }
}
