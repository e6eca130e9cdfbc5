import DESCore
import Glibc
import TestServers
import Testing

/// A pack that is killed leaves either no container or a whole one, and does not stand in the way of the next.
@Suite("Killed packs", .serialized)
struct CrashTests {
    private let directory: TemporaryDirectory
    private let container: String
    private static let fileCount = 3_000

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
    }

    private func makeTree(_ count: Int) throws {
        for number in 0..<count {
            try Files.write(directory["tree/d\(number % 37)/f\(number).txt"], "content \(number)")
        }
    }

    private func pack(_ options: String...) -> Command {
        var command = Command.des("pack", directory["tree"], "-o", container)
        command.arguments += options
        return command
    }

    /// The container is not there, or has everything; whether it is there.
    private func expectAllOrNothing(_ count: Int, _ comment: Comment) throws -> Bool {
        guard Files.exists(container) else { return false }
        try Container.expectClean(container)
        let info = try Command.des("info", "--json", container).run().json().first
        #expect(info?["entries"] == .integer(count), comment)
        return true
    }

    /// Takes a spool file away that lacks nothing: the next pack does not, as it may be all there is of what was packed.
    private func removeWholeSpoolFile() throws {
        let spool = container + ".partial"
        guard Files.exists(spool), try Command.des("verify", spool).run().status == 0 else { return }
        let refused = try pack("--force").run()
        #expect(refused.status == 13 && refused.errors.contains("out.des.partial: is in the way"), "\(refused)")
        try Container.expectClean(spool)
        Files.remove(spool)
    }

    @Test("SIGKILL at any moment leaves no container or a whole one, and the next pack takes over what is left")
    func killed() throws {
        try makeTree(CrashTests.fileCount)
        let start = ContinuousClock.now
        #expect(try pack().run().status == 0)
        let microseconds = (ContinuousClock.now - start).microseconds
        let byteCount = try Files.read(container).count
        #expect(try expectAllOrNothing(CrashTests.fileCount, "without a kill"))
        Files.remove(container)

        let seed: UInt64 = 20_260_131
        var random = SeededGenerator(seed: seed)
        var (left, whole) = (0, 0)
        for round in 0..<40 {
            // Half of the moments are points in time, half are sizes of the spool file.
            let time = Int.random(in: 0...microseconds * 6 / 5, using: &random)
            let size = Int.random(in: 0..<byteCount, using: &random)
            let running = try pack().start()
            let killTime = ContinuousClock.now + .microseconds(time)
            if round % 2 == 0 {
                while ContinuousClock.now < killTime, !running.hasEnded {}
            } else {
                while Files.status(container + ".partial")?.st_size ?? -1 < size, !running.hasEnded {}
            }
            running.send(SIGKILL)
            let result = try running.wait()
            let comment: Comment =
                "seed \(seed), round \(round), \(time) µs of \(microseconds) or \(size) bytes: \(result)"
            #expect(result.status == 0 || result.status == -SIGKILL, comment)
            if try expectAllOrNothing(CrashTests.fileCount, comment) {
                whole += 1
                Files.remove(container)
            } else {
                #expect(result.status == -SIGKILL, comment)
                if Files.exists(container + ".partial") { left += 1 }
                try removeWholeSpoolFile()
            }
        }
        // Moments are spread over the whole run, so many of them must have met it at work.
        #expect(left >= 5, "\(left) spool files were left, \(whole) containers were whole, seed \(seed)")
        let last = try pack().run()
        #expect(last.status == 0, "\(last)")
        #expect(try expectAllOrNothing(CrashTests.fileCount, "after all kills"))
        #expect(try Files.names(in: directory.path) == ["out.des", "tree"])
    }

    @Test(
        "SIGKILL at each system call that makes the container last leaves none or a whole one",
        arguments: [
            "openat", "flock", "ftruncate", "write", "fsync", "pread64", "renameat2", "newfstatat,fstat",
        ])
    func killedAtCall(calls: String) throws {
        try makeTree(50)
        let paths = [directory.path, container + ".partial", "out.des.partial", container, "out.des"]
        var killed = 0
        for number in 1...2 {
            let strace = Strace(
                "\(calls):signal=KILL:when=\(number)", on: paths[0], paths[1], paths[2], paths[3], paths[4])
            let result = try strace.run(pack())
            let isThere = try expectAllOrNothing(50, "\(result)")
            #expect(isThere || result.status != 0, "\(result)")
            if result.status != 0 { killed += 1 }
            Files.remove(container)
            try removeWholeSpoolFile()
        }
        #expect(killed >= 1)
        #expect(try pack().run().status == 0)
        #expect(try expectAllOrNothing(50, "the next one"))
        #expect(!Files.exists(container + ".partial"))
    }

    @Test("SIGKILL of a pack that replaces a container leaves the old one or the new one")
    func killedReplacing() throws {
        try makeTree(50)
        let strace = Strace(
            "fsync,renameat,renameat2,rename:signal=KILL", on: container + ".partial", "out.des.partial")
        #expect(try pack().run().status == 0)
        try Files.write(directory["tree/one more"], "x")
        let old = try Files.read(container)
        #expect(try strace.run(pack("--force")).status != 0)
        #expect(try Files.read(container) == old)
        try removeWholeSpoolFile()
        #expect(try pack("--force").run().status == 0)
        #expect(try expectAllOrNothing(51, "the next one"))
    }
}

extension Duration {
    fileprivate var microseconds: Int {
        Int(components.seconds) * 1_000_000 + Int(components.attoseconds / 1_000_000_000_000)
    }
}
