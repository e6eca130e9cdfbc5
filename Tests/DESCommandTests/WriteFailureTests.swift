import Glibc
import TestServers
import Testing

/// Failures while a container is written: no container afterwards, an existing one as it was, a message, a status.
@Suite("Failures while writing")
struct WriteFailureTests {
    private let directory: TemporaryDirectory
    private let container: String
    private let old = Array("an older container".utf8)

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
        try directory.tree("tree", ["a": "first", "sub/b": "second", "z": "last"])
        try Files.write(directory["tree/large"], [UInt8](repeating: 9, count: 2_500_000))
    }

    /// Packs with and without an older container in place, and checks that each fails as it must.
    ///
    /// - Returns: `false` if packing succeeds instead.
    private func expectFailure(
        status: Int32 = 12, saying reason: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ run: (Command) throws -> Command.Result
    ) throws -> Bool {
        for isForced in [false, true] {
            if isForced { try Files.write(container, old) }
            var command = Command.des("pack", directory["tree"], "-o", container)
            command.arguments += isForced ? ["--force"] : []
            let result = try run(command)
            defer { Files.remove(container) }
            if result.status == 0 {
                try Container.expectClean(container, sourceLocation: sourceLocation)
                return false
            }
            #expect(result.status == status && result.output.isEmpty, "\(result)", sourceLocation: sourceLocation)
            #expect(
                result.errors.hasPrefix("des: \(directory.path)") && result.errors.contains(reason)
                    && result.errors.split(separator: "\n").count == 1, "\(result)", sourceLocation: sourceLocation)
            #expect(!Files.exists(container + ".partial"), "\(result)", sourceLocation: sourceLocation)
            if isForced {
                #expect(try Files.read(container) == old, "\(result)", sourceLocation: sourceLocation)
            } else {
                #expect(!Files.exists(container), "\(result)", sourceLocation: sourceLocation)
            }
        }
        return true
    }

    /// Packs while calls on the spool file fail; for k = 1, 2, … the k-th of each thread, until none fails any more.
    private func failures(
        _ calls: String, _ error: String, status: Int32 = 12, saying reason: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Int {
        for number in 1...30 {
            let strace = Strace("\(calls):\(error):when=\(number)", on: container + ".partial", "out.des.partial")
            let hasFailed = try expectFailure(status: status, saying: reason, sourceLocation: sourceLocation) {
                try strace.run($0)
            }
            if !hasFailed { return number - 1 }
        }
        return 30
    }

    @Test("a full or broken disk leaves no container, and an existing one untouched", arguments: ["ENOSPC", "EIO"])
    func write(error: String) throws {
        let reason = error == "EIO" ? "cannot write: Input/output error" : "cannot write: No space left on device"
        #expect(try failures("write,pwrite64,writev,pwritev", "error=\(error)", saying: reason) >= 1)
    }

    @Test("a disk that is full after any number of bytes leaves no container, and an existing one untouched")
    func fullAfter() throws {
        try Container.pack(directory["tree"], to: container)
        let byteCount = try Files.read(container).count
        Files.remove(container)
        var random = SeededGenerator(seed: 5)
        let places =
            [0, 1, 15, 16, 17, 2_500_000, byteCount - 800, byteCount - 400, byteCount - 250, byteCount - 73]
            + [byteCount - 72, byteCount - 1] + (0..<3).map { _ in Int.random(in: 0..<byteCount, using: &random) }
        for place in places {
            #expect(
                try expectFailure(saying: "out.des.partial: cannot write: File too large") {
                    try $0.withFileSizeMax(place).run()
                },
                "a limit of \(place) of \(byteCount) bytes")
        }
        #expect(try !expectFailure(saying: "") { try $0.withFileSizeMax(byteCount).run() })
    }

    @Test("a failed sync of the content leaves no container, whatever came before")
    func sync() throws {
        let count = try failures("fsync,fdatasync,syncfs", "error=EIO", saying: "cannot sync: Input/output error")
        #expect(count >= 1)
    }

    @Test("a failed rename leaves no container", arguments: ["EIO", "EACCES"])
    func rename(error: String) throws {
        let calls = "renameat2,renameat,rename,linkat,link"
        #expect(try failures(calls, "error=\(error)", saying: "cannot rename") >= 1)
    }

    @Test(
        "what is not read back as it was written is not a container: status 11",
        arguments: [
            ("retval=0", "were expected"),
            ("poke_exit=@arg2=ffffffffffffffff", "what was read back differs from what was written"),
        ])
    func readBack(fault: String, message: String) throws {
        let count = try failures("pread64", fault, status: 11, saying: message)
        #expect(count >= 1)
    }

    @Test(
        "a spool file that cannot be made, locked or emptied is said by its path and the reason",
        arguments: [
            ("openat", "EACCES", "out.des.partial: cannot create: Permission denied"),
            ("openat", "ENOSPC", "out.des.partial: cannot create: No space left on device"),
            ("flock", "ENOLCK", "out.des.partial: cannot lock: No locks available"),
            ("ftruncate", "EIO", "out.des.partial: cannot empty: Input/output error"),
        ])
    func spool(call: String, error: String, message: String) throws {
        let strace = Strace("\(call):error=\(error)", on: container + ".partial", "out.des.partial")
        let result = try strace.run(.des("pack", directory["tree"], "-o", container))
        #expect(result.status == 12 && result.errors.contains(message), "\(result)")
        #expect(!Files.exists(container))
        try Files.write(container, old)
        #expect(try strace.run(.des("pack", directory["tree"], "--force", "-o", container)).status == 12)
        #expect(try Files.read(container) == old)
    }

    @Test("a failed sync of the directory is a failure, and what is there is a whole container")
    func directorySync() throws {
        let strace = Strace("fsync,fdatasync:error=EIO", on: directory.path)
        let result = try strace.run(.des("pack", directory["tree"], "-o", container))
        #expect(result.status == 12 && result.errors.contains("cannot sync: Input/output error"), "\(result)")
        #expect(result.errors.contains(directory.path))
        if Files.exists(container) { try Container.expectClean(container) }
        #expect(!Files.exists(container + ".partial"))
    }

    @Test("a file system without RENAME_NOREPLACE still replaces nothing", arguments: ["EINVAL", "ENOSYS"])
    func renameNoReplace(error: String) throws {
        let strace = Strace("renameat2:error=\(error)", on: "out.des.partial", container + ".partial")
        let first = try strace.run(.des("pack", directory["tree"], "-o", container))
        #expect(first.status == 0, "\(first)")
        try Container.expectClean(container)
        #expect(try Files.names(in: directory.path) == ["out.des", "tree"])
        let second = try strace.run(.des("pack", directory["tree"], "-o", container))
        #expect(second.status == 13, "\(second)")
    }

    @Test("a container that somebody else puts there meanwhile is not replaced")
    func takenMeanwhile() throws {
        // The look at the start does not see it; only the rename can tell.
        try Files.write(container, old)
        let strace = Strace("newfstatat,fstatat64,statx:error=ENOENT", on: "out.des")
        let result = try strace.run(.des("pack", directory["tree"], "-o", container))
        #expect(result.status == 13 && result.errors.contains("File exists"), "\(result)")
        #expect(try Files.read(container) == old)
        #expect(!Files.exists(container + ".partial"))
    }

    @Test("META too large for memory: a temporary file that cannot be written or read leaves no container")
    func spill() throws {
        let (tree, options) = try makeLargeMeta()
        var command = Command.des("pack", tree, "-o", container)
        command.arguments += options
        let place = "temporary file for META in \(directory.path): "
        let written = try command.withFileSizeMax(1_500_000).run()
        #expect(written.status == 12 && written.errors.contains(place + "cannot write: File too large"), "\(written)")
        // strace counts by thread; the first two reads of a thread may be those of the loader of programs.
        let read = try Strace("pread64,preadv2:error=EIO:when=3+").run(command)
        #expect(read.status == 12 && read.errors.contains(place + "cannot read: Input/output error"), "\(read)")
        #expect(!Files.exists(container))
        try Container.pack(tree, to: container, options: options + ["--force"])
        try Container.expectClean(container)
        #expect(try Files.names(in: directory.path) == ["few", "meta.jsonl", "out.des", "tree"])
    }

    @Test("META too large for memory: a temporary file that cannot be made is status 12")
    func spillCreation() throws {
        let (tree, options) = try makeLargeMeta()
        var command = Command.des("pack", tree, "-o", "-")
        command.arguments += options
        command.output = .file("/dev/null")
        let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let result = try Strace("openat:error=EACCES", on: "/tmp", temporary).run(command)
        #expect(result.status == 12 && result.errors.contains("cannot create a temporary file for META"), "\(result)")
        #expect(result.errors.contains("Permission denied"))
    }

    /// A tree of small files, and options that give them more than 2 MiB of META.
    private func makeLargeMeta() throws -> (tree: String, options: [String]) {
        let names = ["a", "b", "c", "d", "e"]
        for name in names { try Files.write(directory["few/\(name)"], name) }
        let filler = String(repeating: "m", count: 530_000)
        let lines = names.map { #"{"name":"\#($0)","meta":{"k":"\#(filler)"}}"# }
        try Files.write(directory["meta.jsonl"], lines.joined(separator: "\n"))
        return (directory["few"], ["--meta", directory["meta.jsonl"]])
    }

    @Test("a pipe that cannot be written to is status 12", arguments: [1, 2, 4])
    func pipe(number: Int) throws {
        var command = Command.des("pack", directory["tree"], "-o", "-")
        command.output = .file("/dev/null")
        let result = try Strace("write:error=EIO:when=\(number)", on: "/dev/null").run(command)
        #expect(
            result.status == 12 && result.errors.contains("standard output: cannot write: Input/output"), "\(result)")
    }
}
