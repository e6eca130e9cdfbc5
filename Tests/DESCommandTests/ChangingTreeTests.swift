import Glibc
import Testing

@Suite("Trees that change, and what cannot be packed")
struct ChangingTreeTests {
    private let directory: TemporaryDirectory
    private let container: String

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
        try directory.tree("tree", ["a": "first", "sub/victim": "the victim's content", "z": "last"])
        try Files.write(directory["tree/sub/large"], [UInt8](repeating: 9, count: 400_000))
    }

    /// Packs the tree while calls on `path` (below the tree) fail, in both orders: `victims` must be reported and left
    /// out, and the container hold all the rest.
    private func pack(
        injecting injection: String, on path: String, leavesOut victims: [String], saying message: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for order in ["input", "key"] {
            // The program may use the whole path, or the path below the tree.
            let strace = Strace(injection, on: directory["tree/\(path)"], path)
            let command = Command.des("pack", directory["tree"], "--force", "--order", order, "-o", container)
            try expect(try strace.run(command), leavesOut: victims, saying: message, sourceLocation: sourceLocation)
        }
    }

    private func expect(
        _ result: Command.Result, leavesOut victims: [String], saying message: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(result.status == 3 && result.output.isEmpty, "\(result)", sourceLocation: sourceLocation)
        let said = result.errors.split(separator: "\n").filter { $0.hasPrefix("des: ") && $0.contains(message) }
        #expect(said.count == 1 && result.errors.contains(", 1 left out"), "\(result)", sourceLocation: sourceLocation)
        try Container.expectClean(container, sourceLocation: sourceLocation)
        let all = ["a", "sub/large", "sub/victim", "z"]
        let rest = all.filter { name in !victims.contains { name == $0 || name.hasPrefix($0 + "/") } }
        let names = try Container.names(container, "--sort", "name")
        #expect(names == rest, "\(result)", sourceLocation: sourceLocation)
        // What was half written of a large file is unused; everything else is still read right.
        let copy = try TemporaryDirectory()
        #expect(
            try Command.des("extract", container, "-C", copy["x"]).run().status == 0, sourceLocation: sourceLocation)
        for name in rest {
            #expect(
                try Files.read(copy["x/\(name)"]) == Files.read(directory["tree/\(name)"]),
                sourceLocation: sourceLocation)
        }
    }

    @Test("a file that may not be read is reported and left out", arguments: ["sub/victim", "sub/large"])
    func unreadable(file: String) throws {
        try pack(
            injecting: "openat,openat2:error=EACCES", on: file, leavesOut: [file],
            saying: "\(directory["tree"])/\(file): left out: Permission denied")
    }

    @Test("a file that is gone when its turn comes is reported and left out", arguments: ["sub/victim", "sub/large"])
    func vanished(file: String) throws {
        try pack(
            injecting: "openat,openat2:error=ENOENT", on: file, leavesOut: [file],
            saying: "\(directory["tree"])/\(file): left out: No such file")
    }

    /// Packs a tree whose directory `swapped` becomes a link to `outside` after the walk has read its first names, and
    /// before any file of it is opened.
    ///
    /// The walk stands still there: it has more pipes to report than the pipe of standard error holds.
    private func packSwapping(_ order: String, under strace: Strace? = nil) throws -> Command.Result {
        let (tree, outside) = (directory["swap/tree"], directory["swap/outside"])
        for root in ["\(tree)/swapped", outside] {
            try Files.write("\(root)/a", root == outside ? "secret" : "mine")
            try Files.write("\(root)/a large", [UInt8](repeating: root == outside ? 1 : 2, count: 400_000))
            try Files.makeDirectory("\(root)/an empty one")
            try Files.link("\(root)/a link", to: root == outside ? "secret" : "mine")
            try Files.write("\(root)/z/deep", root == outside ? "secret" : "mine")
        }
        for number in 0..<300 {
            try #require(mkfifo("\(tree)/swapped/pipe\(number)\(String(repeating: "-", count: 200))", 0o600) == 0)
        }
        let command = Command.des("pack", tree, "-o", container, "--order", order)
        let running = try strace?.start(command) ?? command.start()
        _ = try running.readErrors(100)
        try #require(rename("\(tree)/swapped", directory["swap/before"]) == 0)
        try Files.link("\(tree)/swapped", to: outside)
        return try running.wait()
    }

    @Test(
        "nothing is read through a link that has taken the place of a directory", arguments: ["input", "key"],
        [true, false])
    func swapped(order: String, hasOpenat2: Bool) throws {
        let result = try packSwapping(order, under: hasOpenat2 ? nil : Strace("openat2:error=ENOSYS"))
        #expect(result.status == 3, "status \(result.status)")
        #expect(try Container.names(container) == [])
        let refused = result.errors.split(separator: "\n").filter { $0.contains("symbolic link, which is not") }
        for name in ["a", "a large", "an empty one", "a link", "z"] {
            let start = "des: \(directory["swap/tree"])/swapped/\(name): left out"
            #expect(refused.count { $0.hasPrefix(start) } == 1, "\(name)")
        }
        try Container.expectClean(container)
    }

    @Test("a kernel without openat2 packs the same", arguments: ["ENOSYS", "EPERM"])
    func olderKernel(error: String) throws {
        try Files.link(directory["tree/sub/link"], to: "victim")
        try Files.makeDirectory(directory["tree/sub/empty"])
        try Container.pack(directory["tree"], to: container)
        let whole = try Files.read(container)
        let result = try Strace("openat2:error=\(error)").run(
            Command.des("pack", directory["tree"], "-o", container, "--force"))
        #expect(result.status == 0, "\(result)")
        #expect(try Files.read(container) == whole)
    }

    @Test(
        "a file that is shorter than it was when it was opened leaves no torn entry",
        arguments: ["sub/victim", "sub/large"])
    func shrunk(file: String) throws {
        try pack(
            injecting: "read,pread64:retval=0", on: file, leavesOut: [file],
            saying: "\(directory["tree"])/\(file): left out: its size changed")
    }

    @Test("a read that fails leaves no torn entry", arguments: ["sub/victim", "sub/large"])
    func readError(file: String) throws {
        try pack(
            injecting: "read,pread64:error=EIO", on: file, leavesOut: [file],
            saying: "\(directory["tree"])/\(file): cannot read: Input/output error")
    }

    @Test("a file that has grown since it was opened leaves no torn entry")
    func grown() throws {
        // The kernel says that it has no bytes, and then gives some: what a file does that grows in between.
        let result = try Container.pack(directory["tree"], "/proc/version", to: container, status: 3)
        try expect(result, leavesOut: [], saying: "/proc/version: left out: its size changed")
    }

    @Test(
        "a directory that cannot be opened is reported; what lies beside it is packed", arguments: ["EACCES", "ENOENT"])
    func directory(error: String) throws {
        try pack(
            injecting: "openat,openat2:error=\(error)", on: "sub", leavesOut: ["sub"],
            saying: "\(directory["tree"])/sub: left out: cannot open the directory")
    }

    @Test("a directory that cannot be read to its end is reported, not packed in part")
    func directoryReadError() throws {
        try pack(
            injecting: "getdents64:error=EIO", on: "sub", leavesOut: ["sub"],
            saying: "\(directory["tree"])/sub: left out: cannot read the directory")
    }

    @Test("pipes, sockets and devices are reported and left out, wherever they come from")
    func specialFiles() throws {
        #expect(mkfifo(directory["tree/pipe"], 0o600) == 0)
        let socket = try UnixSocket(directory["tree/socket"])
        defer { socket.end() }
        let result = try Container.pack(directory["tree"], "/dev/null", to: container, status: 3)
        for name in ["tree/pipe", "tree/socket", "/dev/null"] {
            #expect(result.errors.contains("\(name): left out: neither a file"), "\(result)")
        }
        #expect(result.errors.contains("4 entries, 3 left out"), "\(result)")
        #expect(try Container.names(container, "--sort", "name") == ["a", "sub/large", "sub/victim", "z"])
        try Container.expectClean(container)
    }

    @Test("names that are not UTF-8 are reported with their place and left out, directories with all that is below")
    func namesNotUTF8() throws {
        for raw in [Array("tree/bad\u{0}".utf8).dropLast() + [0xFF], Array("tree/sub/".utf8) + [0xC3, 0x28]] {
            let path = Array((directory.path + "/").utf8) + raw
            let file = Files.withPath(path) { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
            try #require(file >= 0, "this file system takes no such names: errno \(errno)")
            close(file)
        }
        let below = Array((directory.path + "/tree/").utf8) + [0xFE]
        try #require(Files.withPath(below) { mkdir($0, 0o700) } == 0)
        let inside = Files.withPath(below + Array("/file".utf8)) { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
        close(inside)
        let result = try Container.pack(directory["tree"], to: container, status: 3)
        let said = result.errors.split(separator: "\n").filter { $0.contains("left out: the name is not UTF-8") }
        #expect(said.count == 3 && result.errors.contains("3 left out"), "\(result)")
        #expect(said.contains { $0.contains("tree/sub/") } && said.contains { $0.contains("tree/bad") }, "\(result)")
        #expect(try Container.names(container, "--sort", "name") == ["a", "sub/large", "sub/victim", "z"])
        try Container.expectClean(container)
    }

    @Test("the target of a link that is not UTF-8 is reported, the link left out")
    func linkTargetNotUTF8() throws {
        let target: [UInt8] = [0x61, 0xFF]
        let link = Array(directory["tree/link"].utf8)
        let made = Files.withPath(target) { target in Files.withPath(link) { symlink(target, $0) } }
        try #require(made == 0)
        let result = try Container.pack(directory["tree"], to: container, status: 3)
        try expect(result, leavesOut: [], saying: "tree/link: left out: the target of the link is not UTF-8")
    }
}
