import Glibc
import Testing

@Suite("Hostile links")
struct HostileLinkTests {
    @Test(
        "a file is never written through a link of the same container, in whatever order they lie",
        arguments: [
            "File('l', '../outside', {'type': 'symlink'}), File('l/file', 'evil')",
            "File('l/file', 'evil'), File('l', '../outside', {'type': 'symlink'})",
            "File('l', '../outside/file', {'type': 'symlink'}), File('l/new/file', 'evil')",
            "File('d/l', '../../outside', {'type': 'symlink'}), File('d/l/sub/file', 'evil')",
            "File('l', '../outside', {'type': 'symlink'}), File('l/empty', '', {'type': 'directory', 'mode': 0o777})",
        ])
    func sameContainer(files: String) throws {
        for options in [[], ["--force"]] as [[String]] {
            let jail = try Jail()
            try Repository.forge(in: jail.directory, "put('hostile.des', seal([\(files), File('ok', '1')]))")
            for _ in 0..<2 {
                let result = try jail.extract("hostile.des", options)
                #expect(result.status == 13 || result.status == 3, "\(result)")
                #expect(result.errors.contains("jail/l") || result.errors.contains("jail/d/l"), "\(result)")
                #expect(try jail.text("ok") == "1")
            }
        }
    }

    @Test("a file is never written through a link that an earlier container left", arguments: [[], ["--force"]])
    func earlierContainer(options: [String]) throws {
        let jail = try Jail { try Files.link($0["jail/l"], to: "../outside") }
        try Repository.forge(
            in: jail.directory,
            """
            put('hostile.des', seal([File('l/file', 'evil'), File('l/new', 'evil'), File('l/sub/x', 'evil'),
                File('l/empty', '', {'type': 'directory', 'mode': 0o777, 'mtime': '2001-01-01T00:00:00Z'}),
                File('l/link', 'x', {'type': 'symlink'}), File('ok', '1')]))
            """)
        let result = try jail.extract("hostile.des", options)
        #expect(result.status == 13, "\(result)")
        for name in ["jail/l", "jail/l/sub", "jail/l/empty"] { #expect(result.errors.contains(name), "\(result)") }
        #expect(try jail.text("ok") == "1")
    }

    @Test("a link is not followed either where a component begins with a combining mark", arguments: [[], ["--force"]])
    func combiningMark(options: [String]) throws {
        let jail = try Jail {
            try Files.link($0["jail/l"], to: "../outside")
            try Files.makeDirectory($0["outside/\u{301}d"])
        }
        try Repository.forge(
            in: jail.directory,
            """
            put('hostile.des', seal([File('l/\\u0301d/file', 'evil'), File('l/\\u0301new/file', 'evil'),
                File('l/\\u0301empty', '', {'type': 'directory'}), File('ok', '1')]))
            """)
        let result = try jail.extract("hostile.des", options)
        #expect(result.status == 13, "\(result)")
        #expect(try jail.text("ok") == "1")
    }

    @Test(
        "a directory that is a link is not taken for a directory: its mode and time stay", arguments: [[], ["--force"]])
    func directoryEntry(options: [String]) throws {
        let jail = try Jail { try Files.link($0["jail/l"], to: "../outside/empty") }
        try Repository.forge(
            in: jail.directory,
            """
            put('hostile.des', seal([
                File('l', '', {'type': 'directory', 'mode': 0o777, 'mtime': '2001-01-01T00:00:00Z'}), File('ok', '1')]))
            """)
        let result = try jail.extract("hostile.des", options)
        #expect(result.status == 13 && result.errors.contains("jail/l"), "\(result)")
    }

    @Test(
        "a file that is a link is refused, and with --force replaced: what it leads to stays", arguments: [1, 9 << 20])
    func fileIsLink(byteCount: Int) throws {
        let jail = try Jail {
            try Files.link($0["jail/file"], to: "../outside/file")
            try Files.write($0["tree/file"], [UInt8](repeating: 65, count: byteCount))
            try Container.pack($0["tree"], to: $0["packed.des"])
        }
        let refused = try jail.extract("packed.des", [])
        #expect(refused.status == 13 && refused.errors.contains("jail/file"), "\(refused)")
        #expect(try Files.linkTarget(jail.directory["jail/file"]) == "../outside/file")
        let forced = try jail.extract("packed.des", ["--force"])
        #expect(forced.status == 0, "\(forced)")
        #expect(try jail.text("file")?.utf8.count == byteCount)
        #expect(try Files.names(in: jail.directory["jail"]) == ["file"], "nothing half written stays")
    }

    @Test(
        "a link that leads outside changes nothing there, and neither does the extraction that follows",
        arguments: ["../outside/file", "/etc/passwd", "../outside/none"])
    func leadingOutside(target: String) throws {
        let jail = try Jail()
        let result = try jail.extract(
            """
            File('l', '\(target)', {'type': 'symlink', 'mode': 0o777, 'mtime': '2001-01-01T00:00:00Z'}), File('ok', '1')
            """)
        #expect([0, 3].contains(result.status), "\(result)")
        #expect(try jail.text("ok") == "1")
        let again = try jail.extract("File('l', 'evil'), File('ok2', '2')", "--force")
        #expect(again.status == 0, "\(again)")
        #expect(try jail.text("l") == "evil")
    }

    @Test(
        "a link whose target is no path is corrupt, and refused by name", arguments: ["''", #"'a\0b'"#, "(\"ff\", 1)"])
    func badTarget(body: String) throws {
        let jail = try Jail()
        let result = try jail.extract("File('l', \(body), {'type': 'symlink'}), File('ok', '1')")
        #expect(result.status == 11 && result.errors.contains("\"l\""), "\(result)")
        #expect(try Files.names(in: jail.directory["jail"]) == ["ok"])
    }

    @Test("the directory of the extraction itself may be a link")
    func targetIsLink() throws {
        let directory = try TemporaryDirectory()
        try directory.tree("tree", ["a/b": "1"])
        try Files.makeDirectory(directory["real"])
        try Files.link(directory["target"], to: "real")
        try Container.pack(directory["tree"], to: directory["out.des"])
        #expect(try Command.des("extract", directory["out.des"], "-C", directory["target"]).run().status == 0)
        #expect(try Files.text(directory["real/a/b"]) == "1")
    }
}
