import Glibc
import Testing

@testable import DESCore

@Suite("Spool files")
struct SpoolFileTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let whole: [UInt8]

    init() throws {
        directory = try TemporaryDirectory()
        path = directory / "c.des"
        whole = try TestContainer.bytes(of: TestContainer.mixed)
    }

    private func write(replacing: Bool = false) throws {
        let spool = try SpoolFile(path: path, replacing: replacing)
        try TestContainer.write(TestContainer.mixed, to: spool)
    }

    /// The code of the error with which opening fails.
    private func openingCode(_ path: String, replacing: Bool = false) -> DESError.Code? {
        do throws(DESError) { _ = try SpoolFile(path: path, replacing: replacing) } catch { return error.code }
        return nil
    }

    @Test("a sealed container is there under its name, whole, and nothing else")
    func sealed() async throws {
        try write()
        #expect(directory.names == ["c.des"])
        #expect(try directory.read("c.des") == whole)
    }

    @Test("a writer that is dropped without sealing leaves no file")
    func dropped() throws {
        do {
            let spool = try SpoolFile(path: path)
            var writer = try ContainerWriter(to: spool)
            try writer.append(EntryName("a"), body: whole.span.bytes)
            #expect(directory.names == ["c.des.partial"])
        }
        #expect(directory.names == [])
    }

    @Test("a container larger than one step of write-back arrives whole")
    func large() throws {
        let body = [UInt8](repeating: 9, count: 20 << 20)
        let entries = [TestEntry("a", body), TestEntry("b", [1])]
        let spool = try SpoolFile(path: path)
        try TestContainer.write(entries, to: spool)
        #expect(try directory.read("c.des") == TestContainer.bytes(of: entries))
    }

    @Test("an existing file is refused and untouched, a dangling link and a directory too")
    func existing() throws {
        try directory.write([1, 2, 3], to: "c.des")
        #expect(errorCode { try write() } == .conflict)
        #expect(try directory.read("c.des") == [1, 2, 3])
        #expect(directory.names == ["c.des"])
        #expect(symlink("nowhere", directory / "link") == 0)
        #expect(openingCode(directory / "link") == .conflict)
        #expect(mkdir(directory / "sub", 0o700) == 0)
        #expect(openingCode(directory / "sub") == .conflict)
        #expect(openingCode(directory / "sub", replacing: true) == .conflict)
        #expect(directory.names == ["c.des", "link", "sub"])
    }

    @Test("an existing file is replaced on request, and only by a whole container")
    func replaced() throws {
        try directory.write([1, 2, 3], to: "c.des")
        do {
            let spool = try SpoolFile(path: path, replacing: true)
            var writer = try ContainerWriter(to: spool)
            try writer.append(EntryName("a"), body: [UInt8]().span.bytes)
        }
        #expect(try directory.read("c.des") == [1, 2, 3])
        try write(replacing: true)
        #expect(try directory.read("c.des") == whole)
        #expect(directory.names == ["c.des"])
    }

    @Test("replacing a link replaces the link, not the file behind it")
    func replacedLink() throws {
        try directory.write([1, 2, 3], to: "target")
        #expect(symlink("target", path) == 0)
        try write(replacing: true)
        #expect(try directory.read("target") == [1, 2, 3])
        #expect(try directory.read("c.des") == whole)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFREG)
    }

    @Test("a second writer of one path is refused while the first lives, and harms nothing")
    func secondWriter() throws {
        let first = try SpoolFile(path: path)
        let bytes = Array("first".utf8)
        try first.write(bytes.span.bytes)
        #expect(openingCode(path) == .conflict)
        #expect(openingCode(path, replacing: true) == .conflict)
        #expect(try directory.read("c.des.partial") == bytes)
        try first.commit(tail: bytes, byteCount: 5)
        #expect(try directory.read("c.des") == bytes)
    }

    @Test("a file of somebody else that has the spool file's name is refused and left alone")
    func foreign() throws {
        let bytes = Array("precious".utf8)
        try directory.write(bytes, to: "c.des.partial")
        #expect(openingCode(path) == .conflict)
        #expect(openingCode(path, replacing: true) == .conflict)
        #expect(try directory.read("c.des.partial") == bytes)
    }

    @Test("a refused writer does not touch a spool file that is the container's second name")
    func secondName() throws {
        try write()
        #expect(link(path, path + ".partial") == 0)
        #expect(openingCode(path) == .conflict)
        #expect(try directory.read("c.des") == whole)
        #expect(try directory.read("c.des.partial") == whole)
    }

    @Test("a whole container that has the spool file's name is refused and left alone", arguments: [false, true])
    func wholeContainer(replacing: Bool) throws {
        try directory.write(whole, to: "c.des.partial")
        #expect(openingCode(path, replacing: replacing) == .conflict)
        #expect(try directory.read("c.des.partial") == whole)
        var later = whole
        later[later.count - 64] = 2
        try directory.write(later, to: "c.des.partial")
        #expect(openingCode(path, replacing: replacing) == .conflict, "a container of a later version")
        #expect(try directory.read("c.des.partial") == later)
        try directory.write(Array(whole.dropLast()), to: "c.des.partial")
        #expect(openingCode(path, replacing: replacing) == nil, "what lacks a byte is no container")
    }

    @Test("a spool file with a second name that is not the container's is refused, and keeps both")
    func foreignSecondName() throws {
        for bytes in [Header.bytes, [], whole] {
            try directory.write(bytes, to: "elsewhere")
            #expect(link(directory / "elsewhere", path + ".partial") == 0)
            #expect(openingCode(path) == .conflict)
            #expect(openingCode(path, replacing: true) == .conflict)
            #expect(directory.names == ["c.des.partial", "elsewhere"])
            #expect(try directory.read("elsewhere") == bytes)
            unlink(path + ".partial")
            unlink(directory / "elsewhere")
        }
    }

    @Test("a spool file that is the second name of the container to replace is given up for a new one")
    func ownSecondName() throws {
        try directory.write([1, 2, 3], to: "c.des")
        #expect(link(path, path + ".partial") == 0)
        try write(replacing: true)
        #expect(try directory.read("c.des") == whole)
        #expect(directory.names == ["c.des"])
    }

    @Test("a spool file that a dead writer left is taken over and emptied")
    func stale() throws {
        try directory.write(Header.bytes + [UInt8](repeating: 0xEE, count: 100_000), to: "c.des.partial")
        try write()
        #expect(try directory.read("c.des") == whole)
        #expect(directory.names == ["c.des"])
    }

    @Test("a spool file that is a link is not followed")
    func linkedPartial() throws {
        try directory.write([1, 2, 3], to: "precious")
        #expect(symlink("precious", path + ".partial") == 0)
        #expect(errorCode { try write() } == .unavailable)
        #expect(try directory.read("precious") == [1, 2, 3])
    }

    @Test("a target that appears between open and commit is not replaced")
    func targetAppears() throws {
        do {
            let spool = try SpoolFile(path: path)
            try directory.write([4, 5, 6], to: "c.des")
            try TestContainer.write(TestContainer.mixed, to: spool)
            Issue.record("an existing file was replaced")
        } catch let error as DESError { #expect(error.code == .conflict) }
        #expect(try directory.read("c.des") == [4, 5, 6])
        #expect(directory.names == ["c.des"])
    }

    @Test("bytes that are not on disk as they were written are found before the name appears")
    func readBack() throws {
        for (tail, byteCount) in [([2, 3], 2), ([2, 3], 4), ([9, 3], 3), ([0, 1, 2, 3], 3)] as [([UInt8], Int)] {
            let spool = try SpoolFile(path: path)
            let bytes: [UInt8] = [1, 2, 3]
            try spool.write(bytes.span.bytes)
            #expect(
                errorCode { try spool.commit(tail: tail, byteCount: byteCount) } == .corrupt, "\(tail), \(byteCount)")
            #expect(directory.names == ["c.des.partial"])
        }
        #expect(directory.names == [])
    }

    @Test("a path that cannot be is an error that names it")
    func impossiblePaths() {
        #expect(openingCode(directory / "missing/c.des") == .notFound)
        #expect(openingCode(directory.path + "/") == .invalidArgument)
        #expect(openingCode(directory / "..") == .invalidArgument)
        #expect(openingCode("") == .invalidArgument)
        do throws(DESError) {
            _ = try SpoolFile(path: directory / "missing/c.des")
            Issue.record("opened a file in no directory")
        } catch { #expect(error.place == directory / "missing") }
        #expect(SpoolFile.directory(of: "a") == ".")
        #expect(SpoolFile.directory(of: "/a") == "/")
        #expect(SpoolFile.directory(of: "a/b") == "a")
    }
}
