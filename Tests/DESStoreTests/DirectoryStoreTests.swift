import DESCore
import DESStore
import Glibc
import Testing

@Suite("Objects in a directory")
struct DirectoryStoreTests {
    private let directory: TemporaryDirectory
    private let store: DirectoryStore

    init() throws {
        directory = try TemporaryDirectory()
        store = DirectoryStore(path: directory.path)
    }

    private func leftovers() throws -> [String] { try directory.names(in: ".des-tmp").filter { $0 != "lock" } }

    @Test("an ordinary key is the path of its file")
    func readable() async throws {
        for key in [
            "2024-01-01/shard_00001/x.des", "a b+c.txt", "100%.txt", "grüße", ".hidden", "50%off", "%zz", "%4a",
        ] {
            _ = try await store.put(key, Array("it".utf8), .create)
            #expect(try directory.read(key) == "it")
        }
        #expect(try leftovers() == [])
    }

    @Test(
        "what is no path has the name that the rules give it",
        arguments: [
            ("a//b", "a/%00/b"), ("/a", "%00/a"), ("a/", "a/%00"), ("..", "%2E."), (".", "%2E"), ("x/../y", "x/%2E./y"),
            (".des-tmp", "%2Edes-tmp"), ("%41", "%2541"), ("%2F", "%252F"), ("%", "%"),
            (String(repeating: "n", count: 255), String(repeating: "n", count: 255)),
            (
                String(repeating: "n", count: 256),
                String(repeating: "n", count: 144) + "%00/" + String(repeating: "n", count: 112)
            ),
        ])
    func mapping(key: String, path: String) async throws {
        _ = try await store.put(key, Array("it".utf8), .create)
        #expect(try directory.read(path) == "it")
    }

    @Test("a file that is in the way of a directory moves into it, and is the same object")
    func moved() async throws {
        try directory.write("x", to: "x")
        #expect(try await store.bytes("x") == Array("x".utf8))
        _ = try await store.put("x/y", Array("y".utf8), .create)
        #expect(try directory.read("x/%2F") == "x")
        #expect(try directory.read("x/y") == "y")
        #expect(try await store.bytes("x") == Array("x".utf8))
        #expect(await errorCode { _ = try await store.put("x", [], .create) } == .conflict)
        _ = try await store.put("x", Array("new".utf8), .overwrite)
        #expect(try directory.read("x/%2F") == "new")
        #expect(try await store.keys("").keys == ["x", "x/y"])
        try await store.delete("x")
        #expect(try await store.keys("").keys == ["x/y"])
        #expect(try leftovers() == [])
    }

    @Test("files of others are objects; those whose names no key gives are not, nor is what is no file")
    func foreign() async throws {
        directory.makeDirectory("sub")
        directory.makeDirectory("%41")
        directory.makeDirectory("empty")
        for name in ["sub/file", "README", "%42", "%41/a", "%2f", "sub/%2Fx"] { try directory.write(name, to: name) }
        #expect(mkfifo(directory / "pipe", 0o600) == 0)
        #expect(try await store.keys("").keys == ["%2f", "README", "sub/file"])
        #expect(try await store.keys("", isFlat: false).prefixes == ["sub/"])
        for key in ["pipe", "sub", "empty", "A/a", "B"] {
            #expect(await errorCode { _ = try await store.head(key) } == .notFound, "\(key)")
        }
    }

    @Test("no link is followed, and none is an object")
    func links() async throws {
        let outside = try TemporaryDirectory()
        try outside.write("secret", to: "file")
        #expect(symlink(outside.path, directory / "dir") == 0)
        #expect(symlink(outside / "file", directory / "link") == 0)
        #expect(symlink("nowhere", directory / "dangling") == 0)
        for key in ["dir/file", "link", "dangling"] {
            #expect(await errorCode { _ = try await store.bytes(key) } == .notFound, "\(key)")
            try await store.delete(key)
        }
        #expect(try await store.keys("").keys == [])
        #expect(await errorCode { _ = try await store.put("dir/new", [1], .overwrite) } == .denied)
        #expect(await errorCode { _ = try await store.put("link", [1], .create) } == .conflict)
        _ = try await store.put("link", Array("mine".utf8), .overwrite)
        #expect(try directory.read("link") == "mine")
        #expect(try outside.names() == ["file"])
        #expect(try outside.read("file") == "secret")
    }

    @Test("a file that is rewritten in place, with the same size and at once, is another version")
    func rewritten() async throws {
        _ = try await store.put("k", Array("old".utf8), .create)
        for round in 0..<50 {
            let etag =
                try await round % 2 == 0
                ? store.head("k").etag : store.list("", isFlat: true, after: nil).objects[0].etag
            try directory.write("n\(round % 10)w", to: "k")
            // The times that programs can set say nothing.
            directory.age("k", seconds: 1_000)
            #expect(
                await errorCode { _ = try await store.get("k", .bytes(0..<3), ifMatch: etag) } == .changed,
                "round \(round)")
        }
    }

    @Test("what a crash left is not listed, stays for a day, and goes with the next write after that")
    func leftoversOfCrashes() async throws {
        let upload = try await store.beginUpload("k")
        _ = try await store.putPart("k", upload, number: 1, [1])
        let fresh = try await store.beginUpload("k")
        try directory.write("", to: ".des-tmp/lock")
        try directory.write("half", to: ".des-tmp/put-1")
        try directory.write("half", to: ".des-tmp/put-2")
        directory.makeDirectory(".des-tmp/move-1")
        try directory.write("whole", to: ".des-tmp/move-1/%2F")
        for name in [upload.text, "put-1", "move-1", "lock"] { directory.age(".des-tmp/" + name, seconds: 86_500) }
        directory.age(".des-tmp/put-2", seconds: 86_000)

        let other = DirectoryStore(path: directory.path)
        #expect(try await other.keys("").keys == [])
        #expect(try leftovers().count == 5, "reading removes nothing")
        _ = try await other.put("k", [1], .create)
        #expect(try leftovers() == ["put-2", fresh.text].sorted())
    }

    @Test("the deepest key there can be needs no more descriptors than any other", arguments: ["k/", "//"])
    func deepest(component: String) async throws {
        let key = String(repeating: component, count: 512)
        _ = try await store.put(key, [7], .create)
        #expect(try await store.bytes(key) == [7])
        #expect(try await store.keys("").keys == [key])
        try await store.delete(key)
    }

    @Test("a store in no directory is an error, and makes none")
    func missing() async throws {
        let store = DirectoryStore(path: directory / "none")
        #expect(await errorCode { _ = try await store.put("k", [1], .create) } == .notFound)
        #expect(await errorCode { _ = try await store.list("", isFlat: true, after: nil) } == .notFound)
        #expect(await errorCode { _ = try await store.head("k") } == .notFound)
        #expect(try directory.names() == [])
    }

    @Test("a URL is the escaped path of the file, wherever that is")
    func url() async throws {
        _ = try await store.put("a b/ü%", [1], .create)
        #expect(
            try await store.presignedURL("a b/ü%", seconds: 1) == "file://\(directory.path)/a%20b/%C3%BC%25")
        #expect(try await store.presignedURL("a b", seconds: 1) == "file://\(directory.path)/a%20b/%252F")
        #expect(DirectoryStore(path: directory.path + "//").name == "file://" + directory.path)
    }

    @Test("a part that was changed on disk makes no object")
    func changedPart() async throws {
        let upload = try await store.beginUpload("k")
        let part = try await store.putPart("k", upload, number: 1, [1, 2, 3])
        try directory.write("abc", to: ".des-tmp/\(upload.text)/1")
        #expect(
            await errorCode { _ = try await store.completeUpload("k", upload, [part], .create) } == .invalidArgument)
        var wrong = try await store.putPart("k", upload, number: 1, [1, 2, 3])
        wrong.crc ^= 1
        #expect(await errorCode { _ = try await store.completeUpload("k", upload, [wrong], .create) } == .corrupt)
        #expect(try await store.keys("").keys == [])
    }
}
