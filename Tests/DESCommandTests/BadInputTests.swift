import DESCore
import Testing

@Suite("Damaged containers")
struct BadInputTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try Files.write(directory["sentinel"], "untouched")
    }

    /// Runs a verb on a container, `extract` to a directory that is not there yet.
    private func run(_ verb: String, _ path: String, _ entry: String) throws -> Command.Result {
        var command = Command.des(verb, path, in: directory.path)
        if verb == "cat" { command.arguments.append(entry) }
        if verb == "extract" { command.arguments += ["-C", "a/b/target"] }
        return try command.run()
    }

    private static let readers = ["ls", "info", "cat", "extract"]

    @Test("there are vectors for every step")
    func vectors() {
        #expect(BadVector.all.count >= 60)
        #expect(Set(BadVector.all.map(\.step)) == ["open", "lookup", "body", "meta", "verify"])
    }

    @Test("verify finds what is wrong in every bad vector, and says where", arguments: BadVector.all)
    func verify(vector: BadVector) throws {
        let result = try run("verify", vector.path, "")
        #expect(result.status == 11 && !result.output.isEmpty, "\(result)")
        #expect(result.lines.allSatisfy { $0.hasPrefix("\(vector.path): byte ") }, "\(result)")
    }

    @Test(
        "what cannot be opened is refused by whoever reads it, with a message and nothing else",
        arguments: BadVector.at("open"))
    func open(vector: BadVector) throws {
        for verb in ["ls", "cat", "extract"] {
            let result = try run(verb, vector.path, vector.entry)
            #expect(result.status == vector.status && result.output.isEmpty, "\(result)")
            #expect(result.errors.hasPrefix("des: \(vector.path): "), "\(result)")
        }
        #expect(try Files.names(in: directory.path) == ["sentinel"])
    }

    @Test("a name whose page of INDEX is wrong is refused as corrupt", arguments: BadVector.at("lookup"))
    func lookup(vector: BadVector) throws {
        let result = try run("cat", vector.path, vector.entry)
        #expect(result.status == 11 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains(vector.path), "\(result)")
    }

    @Test("no entry of a page of INDEX that is wrong is listed or extracted", arguments: BadVector.at("lookup"))
    func wholeIndex(vector: BadVector) throws {
        for verb in ["ls", "info", "extract"] {
            let result = try run(verb, vector.path, vector.entry)
            #expect(result.status == 11 && result.output.isEmpty, "\(result)")
        }
        #expect(try Files.names(in: directory.path) == ["sentinel"])
    }

    @Test("a wrong body is never handed out, its neighbours are", arguments: BadVector.at("body"))
    func body(vector: BadVector) throws {
        let cat = try run("cat", vector.path, vector.entry)
        #expect(cat.status == 11 && cat.output.isEmpty && cat.errors.contains("at byte"), "\(cat)")
        let extract = try run("extract", vector.path, "")
        #expect(extract.status == 11 && extract.errors.contains("at byte"), "\(extract)")
        #expect(!Files.exists(directory["a/b/target/\(vector.entry)"]))
        // A wrong checksum may make the reader trust none of them; a wrong body concerns itself only.
        if vector.name == "bad-body" {
            #expect(extract.errors.contains("\"\(vector.entry)\""), "\(extract)")
            #expect(try Files.names(in: directory["a/b/target"]).count == 4)
        }
    }

    @Test("an entry whose META is wrong is not extracted, its body can still be read", arguments: BadVector.at("meta"))
    func meta(vector: BadVector) throws {
        #expect(try run("cat", vector.path, vector.entry).status == 0)
        let long = try Command.des("ls", "-l", vector.path).run()
        #expect(long.status == 11 && long.errors.contains("\"\(vector.entry)\""), "\(long)")
        let extract = try run("extract", vector.path, "")
        #expect(extract.status == 11 && extract.errors.contains("\"\(vector.entry)\""), "\(extract)")
        #expect(!Files.exists(directory["a/b/target/\(vector.entry)"]))
        #expect(try !Files.names(in: directory["a/b/target"]).isEmpty)
    }

    @Test(
        "damage that only verify sees leaves every entry readable, and leads nowhere outside",
        arguments: BadVector.at("verify"))
    func verifyOnly(vector: BadVector) throws {
        let outside = vector.bodies.keys.filter { $0.hasPrefix("/") || $0.hasPrefix("..") }
        for verb in ["ls", "info", "cat"] { #expect(try run(verb, vector.path, vector.entry).status == 0, "\(verb)") }
        let extract = try run("extract", vector.path, "")
        #expect(extract.status == (outside.isEmpty ? 0 : 3), "\(extract)")
        for name in outside { #expect(extract.errors.contains("\"\(name)\""), "\(extract)") }
        for (name, body) in vector.bodies where !outside.contains(name) {
            let bytes = try Files.read(directory["a/b/target/\(name)"])
            #expect(BadVector.Body(byteCount: bytes.count, crc32c: Int(CRC32C.of(bytes.span.bytes))) == body, "\(name)")
        }
        Files.remove(directory["a/b/target"])
        #expect(try Snapshot(directory.path).entryNames == ["a/b", "sentinel"])
        #expect(!Files.exists("/etc/x"))
    }

    @Test("a truncated container is refused by every verb, at any length")
    func truncated() throws {
        try directory.tree("tree", ["a": "some content", "b": "more content", "c/d": "the rest"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        let bytes = try Files.read(directory["out.des"])
        for length in [0, 16, 88, 200, bytes.count - 72, bytes.count - 1] {
            try Files.write(directory["cut.des"], Array(bytes[..<length]))
            for verb in BadInputTests.readers {
                let result = try run(verb, directory["cut.des"], "a")
                #expect(result.status == 11 && result.output.isEmpty, "\(length) of \(bytes.count) bytes: \(result)")
                #expect(result.errors.contains("cut.des: "), "\(result)")
            }
        }
        #expect(!Files.exists(directory["a"]))
        let cuts = try (0..<bytes.count).map { length in
            try Files.write(directory["cut-\(length)"], Array(bytes[..<length]))
            return "cut-\(length)"
        }
        try expectFindings(cuts)
    }

    @Test("a byte more or less in the middle is found, wherever it is")
    func shifted() throws {
        try directory.tree("tree", ["a": "some content", "b": "more content"])
        try Container.pack(directory["tree"], to: directory["out.des"])
        let bytes = try Files.read(directory["out.des"])
        let changed = try (0..<bytes.count).flatMap { place in
            try Files.write(directory["more-\(place)"], bytes[..<place] + [0] + bytes[place...])
            try Files.write(directory["less-\(place)"], Array(bytes[..<place] + bytes[(place + 1)...]))
            return ["more-\(place)", "less-\(place)"]
        }
        try expectFindings(changed)
    }

    /// `des verify` finds something in each of the files.
    private func expectFindings(_ files: [String]) throws {
        var command = Command.des("verify", in: directory.path)
        command.arguments += files
        let result = try command.run()
        #expect(result.status == 11)
        let found = Set(result.lines.map { String($0.prefix { $0 != ":" }) })
        #expect(Set(files).subtracting(found) == [])
    }
}
