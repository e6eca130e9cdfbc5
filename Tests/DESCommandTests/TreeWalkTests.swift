import DESCore
import Synchronization
import TestServers
import Testing

@testable import des

@Suite("Walking a tree")
struct TreeWalkTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func walk(_ excludes: [String] = [], step: Int = 1_024) throws -> [WalkItem] {
        let reports = Mutex<[String]>([])
        let start = TreeWalk.Start(tree: try Tree(directory["tree"]), path: "")
        var walk = TreeWalk([start], excludes: excludes.map(NamePattern.init)) { error in
            reports.withLock { $0.append("\(error)") }
        }
        var items: [WalkItem] = []
        while case let more = walk.next(step), !more.isEmpty {
            #expect(more.count <= step)
            items += more
        }
        #expect(reports.withLock { $0 } == [])
        return items
    }

    @Test("names within a directory come in the order of bytes, a directory where its name stands")
    func byteOrder() throws {
        let names = ["B", "a", "a!", "a-b", "a.txt", "ab", "\u{E9}", "e\u{301}", "_", "~", "\u{1F600}", "10", "9"]
        for name in names { try Files.write(directory["tree/\(name)"], "") }
        try Files.write(directory["tree/a0/inside"], "")
        let found = try walk().map(\.path)
        let expected = (names + ["a0"]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(found.map { Array($0.utf8) } == expected.map { Array(($0 == "a0" ? "a0/inside" : $0).utf8) })
    }

    @Test("the same tree is walked in the same order, whatever order it was made in and however many are asked for")
    func deterministic() throws {
        var random = SeededGenerator(seed: 9)
        let names = (0..<300).map { "d\($0 % 7)/e\($0 % 3)/f\($0)" }
        for name in names.shuffled(using: &random) { try Files.write(directory["tree/\(name)"], "") }
        let first = try walk().map(\.path)
        Files.remove(directory["tree"])
        for name in names.shuffled(using: &random) { try Files.write(directory["tree/\(name)"], "") }
        #expect(try walk().map(\.path) == first)
        #expect(try walk(step: 1).map(\.path) == first)
        #expect(try walk(step: 7).map(\.path) == first)
        #expect(Set(first) == Set(names) && first.count == names.count)
    }

    @Test("files, links and empty directories are items; directories with content and what links lead to are not")
    func kinds() throws {
        try directory.tree("tree", ["sub/file": "1"])
        try Files.makeDirectory(directory["tree/empty"])
        try Files.makeDirectory(directory["tree/sub/deep"])
        try Files.link(directory["tree/link"], to: "sub")
        let items = try walk()
        #expect(items.map(\.path) == ["empty", "link", "sub/deep", "sub/file"])
        #expect(items.map(\.kind) == [.emptyDirectory, .symlink, .emptyDirectory, .file])
        #expect(items.allSatisfy { $0.name.string == $0.path })
    }

    @Test("an excluded directory is not entered, and does not become an empty one")
    func excludes() throws {
        try directory.tree("tree", ["a/one": "", "a/two": "", "b/one": ""])
        #expect(try walk(["a"]).map(\.path) == ["b/one"])
        #expect(try walk(["one"]).map(\.path) == ["a/one", "a/two", "b/one"], "a name is a name from the start")
        #expect(try walk(["on?"]).map(\.path) == ["a/two"])
    }

    @Test("a deep tree is walked to its end")
    func deep() throws {
        let path = (0..<150).map { "d\($0)" }.joined(separator: "/")
        try Files.write(directory["tree/\(path)/end"], "")
        #expect(try walk().map(\.path) == [path + "/end"])
    }
}
