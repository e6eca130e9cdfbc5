import Glibc
import Testing

/// Containers made to write outside the directory they are extracted to. Each test has a directory `outside` beside the
/// target `jail`, and nothing but the target may differ afterwards.
struct Jail {
    let directory: TemporaryDirectory
    private let before: Snapshot

    /// - Parameter prepare: sets the scene, below the directory, before what is there is remembered.
    init(_ prepare: (TemporaryDirectory) throws -> Void = { _ in }) throws {
        directory = try TemporaryDirectory()
        try directory.tree("outside", ["file": "untouched", "sub/file": "untouched"])
        try Files.makeDirectory(directory["outside/empty"], mode: 0o700)
        try Files.makeDirectory(directory["jail"])
        try prepare(directory)
        before = try Jail.everythingElse(directory)
    }

    /// Forges a container of `files` (Python, see ``Repository/forge(in:_:)``) and extracts it to the target.
    func extract(_ files: String, _ options: String..., plain: Bool = false) throws -> Command.Result {
        try Repository.forge(in: directory, "put('hostile.des', seal([\(files)]\(plain ? ", tail=False" : "")))")
        return try extract("hostile.des", options)
    }

    func extract(_ container: String, _ options: [String]) throws -> Command.Result {
        var command = Command.des("extract", container, "-C", "jail", in: directory.path)
        command.arguments += options
        let result = try command.run()
        let after = try Jail.everythingElse(directory)
        #expect(before.differences(to: after) == [], "something outside has changed: \(result)")
        return result
    }

    /// The content of a file in the target; `nil` if it is not there, or no file.
    func text(_ name: String) throws -> String? {
        guard let status = Files.status(directory["jail/\(name)"]), status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return try Files.text(directory["jail/\(name)"])
    }

    private static func everythingElse(_ directory: TemporaryDirectory) throws -> Snapshot {
        try Snapshot(directory.path).without("jail").without("hostile.des")
    }
}

@Suite("Hostile names")
struct HostileNameTests {
    @Test(
        "a name that leads outside is refused by name, and the rest is extracted",
        arguments: [
            "../escape", "a/../../escape", "..", "a/..", "/tmp/des-escape", "//x", "a//b", "./x", "a/./b", ".", "a/",
            "/",
            "../outside/file",
        ])
    func outside(name: String) throws {
        let jail = try Jail()
        let result = try jail.extract("File('first', '1'), File(\(name.debugDescription), 'evil'), File('z/last', '2')")
        #expect(result.status == 3, "\(result)")
        #expect(result.errors.contains(name.debugDescription), "\(result)")
        #expect(try jail.text("first") == "1" && jail.text("z/last") == "2")
        #expect(try Snapshot(jail.directory["jail"]).entryNames == ["first", "z/last"])
        #expect(!Files.exists("/tmp/des-escape"))
    }

    @Test("a directory or a link of such a name is refused too", arguments: ["symlink", "directory"])
    func otherTypes(type: String) throws {
        let jail = try Jail()
        let body = type == "symlink" ? "outside" : ""
        let result = try jail.extract(
            """
            File('../x', '\(body)', {'type': '\(type)'}), File('/tmp/des-escape', '\(body)', {'type': '\(type)'}),
            File('ok', '1')
            """)
        #expect(result.status == 3, "\(result)")
        #expect(try Snapshot(jail.directory["jail"]).entryNames == ["ok"])
        #expect(!Files.exists("/tmp/des-escape"))
    }

    @Test("a name with NUL is no name cut short: with a tail the page is corrupt, in plain v1 the entry is refused")
    func nul() throws {
        let jail = try Jail()
        let tailed = try jail.extract(#"File('a\0b', 'evil'), File('ok', '1')"#)
        #expect(tailed.status == 11 && tailed.errors.contains("hostile.des"), "\(tailed)")
        #expect(try jail.text("a") == nil)
        Files.remove(jail.directory["jail"])
        let plain = try jail.extract(#"File('a\0b', 'evil'), File('ok', '1')"#, plain: true)
        #expect(plain.status == 3 && plain.errors.contains(#""a\u{0}b""#), "\(plain)")
        #expect(try Snapshot(jail.directory["jail"]).entryNames == ["ok"])
    }

    @Test("an empty name is corrupt, and no directory is taken for it", arguments: [false, true])
    func empty(plain: Bool) throws {
        let result = try Jail().extract("File('', 'evil'), File('ok', '1')", plain: plain)
        #expect(result.status == 11 && result.errors.contains("at byte"), "\(result)")
    }

    @Test(
        "a file and something below it cannot both be: one is refused by name",
        arguments: [
            "File('a', 'file'), File('a/b', 'below')", "File('a/b', 'below'), File('a', 'file')",
            "File('a', '', {'type': 'directory'}), File('a', 'x')",
        ])
    func fileAndBelow(files: String) throws {
        let jail = try Jail()
        let result = try jail.extract(files + ", File('ok', '1')", plain: true)
        if files.contains("directory") {
            // The last entry of a name is the one that counts in plain v1.
            #expect(result.status == 0, "\(result)")
            #expect(try jail.text("a") == "x")
        } else {
            #expect(result.status == 13 && result.errors.contains("jail/a"), "\(result)")
        }
        #expect(try jail.text("ok") == "1")
    }

    @Test(
        "names that differ in case or normal form are never written over one another",
        arguments: [
            ("File", "file"), ("caf\u{E9}", "cafe\u{301}"),
        ])
    func similar(first: String, second: String) throws {
        let jail = try Jail()
        let result = try jail.extract("File('\(first)', 'one'), File('\(second)', 'two')")
        let names = try Files.names(in: jail.directory["jail"])
        // A file system for which they are one name keeps the first and says so.
        #expect(result.status == (names.count == 2 ? 0 : 13), "\(result)")
        #expect(try jail.text(first) == "one")
        if names.count == 2 { #expect(try jail.text(second) == "two") }
    }

    @Test("a name is too long for the file system: refused by name, the rest is extracted")
    func long() throws {
        let jail = try Jail()
        let result = try jail.extract("File('n' * 300, 'x'), File('d/' + 'o' * 300 + '/x', 'x'), File('ok', '1')")
        #expect([3, 13].contains(result.status) && result.errors.contains("nnnn") && result.errors.contains("d/oooo"))
        #expect(try jail.text("ok") == "1")
    }

    @Test("control characters of a name do not reach a message, as text or as JSON", arguments: [[], ["--json"]])
    func controlCharacters(options: [String]) throws {
        let jail = try Jail()
        try Repository.forge(in: jail.directory, #"put('hostile.des', seal([File('../\x1b]0;x\x07\n\x9b', 'x')]))"#)
        let result = try jail.extract("hostile.des", options)
        #expect(result.status == 3, "\(result)")
        let allowed: Set<UInt32> = [0x0A]
        let control = result.errors.unicodeScalars.filter {
            ($0.value < 0x20 || (0x7F...0x9F).contains($0.value)) && !allowed.contains($0.value)
        }
        #expect(control.isEmpty && result.errors.split(separator: "\n").count <= 2, "\(result)")
    }
}
