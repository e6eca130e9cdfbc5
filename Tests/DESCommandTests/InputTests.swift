import DESCore
import Glibc
import Testing

@Suite("Inputs of pack")
struct InputTests {
    private let directory: TemporaryDirectory
    private let container: String

    init() throws {
        directory = try TemporaryDirectory()
        container = directory["out.des"]
    }

    @Test("several directories go into one container; a name that comes twice is reported and kept once")
    func duplicates() throws {
        let first = try directory.tree("first", ["same": "first", "a": "1"])
        let second = try directory.tree("second", ["same": "second", "b": "2"])
        let result = try Container.pack(first, second, to: container, status: 3)
        let message = "des: \(second)/same: left out: another input already has the name \"same\"\n"
        #expect(result.errors.contains(message) && result.errors.contains("1 left out"), "\(result)")
        #expect(try Container.names(container, "--sort", "name") == ["a", "b", "same"])
        #expect(try Command.des("cat", container, "same").run().text == "first")
        try Container.expectClean(container)
    }

    @Test("a large file whose name comes twice is reported and kept once", arguments: ["input", "key"])
    func largeDuplicates(order: String) throws {
        for tree in ["first", "second"] {
            try Files.write(directory["\(tree)/same"], [UInt8](repeating: UInt8(tree.utf8.count), count: 300_000))
        }
        let result = try Container.pack(
            directory["first"], directory["second"], to: container, options: ["--order", order], status: 3)
        #expect(result.errors.contains("des: \(directory["second"])/same: "), "\(result)")
        let content = try Command.des("cat", container, "same").run().output
        #expect(content.count == 300_000 && content.first == 5)
        try Container.expectClean(container)
    }

    @Test("single files are packed under their last component, links as links")
    func singleFiles() throws {
        try directory.tree("tree", ["deep/file.txt": "content"])
        try Files.link(directory["tree/link"], to: "deep/file.txt")
        try Container.pack(directory["tree/deep/file.txt"], directory["tree/link"], to: container)
        #expect(try Container.names(container, "--sort", "name") == ["file.txt", "link"])
        #expect(try Container.meta(container, "link")["type"] == .string("symlink"))
        #expect(try Command.des("cat", container, "link").run().text == "deep/file.txt")
    }

    @Test("files in directories whose names differ only in their normal form are told apart")
    func normalForms() throws {
        // é as one code point and as e with an accent: equal to Swift, two directories to the system.
        try Files.write(directory["n/\u{E9}/first"], "composed")
        try Files.write(directory["n/\u{E9}/second"], "wrong")
        try Files.write(directory["n/e\u{301}/second"], "decomposed")
        try Container.pack(directory["n/\u{E9}/first"], directory["n/e\u{301}/second"], to: container)
        #expect(try Container.names(container) == ["first", "second"])
        #expect(try Command.des("cat", container, "first", "second").run().text == "composeddecomposed")
    }

    @Test("a directory may be given by a link to it, with a slash at the end, or relative to the current one")
    func directoryForms() throws {
        try directory.tree("tree", ["x": "1", "sub/y": "2"])
        try Files.link(directory["link"], to: "tree")
        for (number, input) in ["tree", "tree/", "link", "link/", "./tree", "tree/.", "tree//"].enumerated() {
            let result = try Command.des("pack", input, "-o", "\(number).des", in: directory.path).run()
            #expect(result.status == 0, "\(result)")
            #expect(try Files.read(directory["\(number).des"]) == Files.read(directory["0.des"]), "\(input)")
        }
        let here = try Command.des("pack", ".", "-o", "../here.des", in: directory["tree"]).run()
        #expect(here.status == 0, "\(here)")
        #expect(try Files.read(directory["here.des"]) == Files.read(directory["0.des"]))
    }

    @Test("an input that is not there ends it before anything is written")
    func missingInput() throws {
        try directory.tree("tree", ["x": "1"])
        let result = try Container.pack(directory["tree"], directory["nowhere"], to: container, status: 10)
        #expect(result.errors.contains("nowhere"))
        #expect(try Files.names(in: directory.path) == ["tree"])
    }

    @Test("the container that is being written is not packed into itself", arguments: ["out.des", "archive.box"])
    func outputInside(name: String) throws {
        try directory.tree("tree", ["x": "1", "sub/other.des": "not ours"])
        for _ in 0..<2 {
            try Container.pack(directory["tree"], to: directory["tree/sub/\(name)"], options: ["--force"])
            #expect(try Container.names(directory["tree/sub/\(name)"], "--sort", "name") == ["sub/other.des", "x"])
        }
    }

    @Test("a second name of the container that is replaced is an ordinary file", arguments: ["other", "sub/out.des"])
    func secondName(name: String) throws {
        try directory.tree("tree", ["x": "1", "sub/y": "2"])
        let target = directory["tree/out.des"]
        try Container.pack(directory["tree"], to: target)
        let old = try Files.read(target)
        try #require(link(target, directory["tree/\(name)"]) == 0)
        for input in [directory["tree"], directory["tree/"] + "."] {
            try Container.pack(input, to: target, options: ["--force"])
            #expect(try Container.names(target, "--sort", "name") == [name, "sub/y", "x"].sorted())
            #expect(try Command.des("cat", target, name).run().output == old)
        }
    }

    @Test("standard output that is a file in the tree is not packed into itself")
    func standardOutputInside() throws {
        try directory.tree("tree", ["x": "1", "out.des": ""])
        var command = Command.des("pack", directory["tree"], "-o", "-")
        command.output = .file(directory["tree/out.des"])
        #expect(try command.run().status == 0)
        #expect(try Container.names(directory["tree/out.des"]) == ["x"])
    }

    @Test("a file of the tree that messages or a summary go to is not passed over in silence")
    func standardOutputElsewhere() throws {
        try directory.tree("tree", ["x": "1", "summary.log": "earlier lines"])
        var command = Command.des("pack", directory["tree"], "-o", container)
        command.output = .file(directory["tree/summary.log"])
        let result = try command.run()
        #expect(result.status == 0, "\(result)")
        #expect(try Container.names(container) == ["summary.log", "x"])
    }

    @Test("an argument that is not UTF-8 is refused as wrong usage, not changed to one that is")
    func argumentNotUTF8() throws {
        try directory.tree("tree", ["x": "1"])
        for (arguments, number) in [("tree -o $'lat\\xfc.des'", 4), ("$'tr\\xe9e' -o out.des", 2)] {
            let script = "exec \"$0\" pack \(arguments)"
            let result = try Command.tool(.bash, ["-c", script, DESProgram.path], in: directory.path).run()
            #expect(result.status == 64 && result.errors.contains("argument \(number), "), "\(result)")
            #expect(result.errors.contains("is not UTF-8"), "\(result)")
            #expect(try Files.names(in: directory.path) == ["tree"])
        }
    }

    @Test("a relative output lands in the current directory, one in a directory that is missing is refused")
    func outputPlaces() throws {
        try directory.tree("tree", ["x": "1"])
        #expect(try Command.des("pack", "tree", "-o", "plain.des", in: directory.path).run().status == 0)
        try Container.expectClean(directory["plain.des"])
        let missing = try Container.pack(directory["tree"], to: directory["no/such/out.des"], status: 10)
        #expect(missing.errors.contains("no/such"))
        let noName = try Command.des("pack", "tree", "-o", "tree/", in: directory.path).run()
        #expect(noName.status == 1 && noName.errors.contains("tree/"), "\(noName)")
    }
}
