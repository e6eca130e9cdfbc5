import DESCore
import Glibc
import Testing

@testable import des

@Suite("Reading files of a tree")
struct FileReaderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func items() throws -> [WalkItem] {
        var walk = TreeWalk([TreeWalk.Start(tree: try Tree(directory["tree"]), path: "")], excludes: []) { error in
            Issue.record("\(error)")
        }
        return walk.next(10_000)
    }

    @Test("one call holds no more than its share of bytes; the rest comes with the next calls, in order")
    func bound() throws {
        let many = 262_143  // the largest that is not streamed
        let sizes = [200_000, many, 0, many, many, 300_000, 62_147, 1, many, many, many, many, many]
        for (number, size) in sizes.enumerated() {
            try Files.write(directory["tree/\(number + 10)"], [UInt8](repeating: 1, count: size))
        }
        let reader = FileReader(meta: MetaFile(), own: OwnOutput())
        let all = try items()
        var rest = all[...]
        var names: [String] = []
        var calls = 0
        while !rest.isEmpty {
            let parts = reader.read(rest)
            rest = []
            calls += 1
            var held = 0
            for part in parts {
                switch part {
                case .batch(let files):
                    held += files.entries.bodyByteCount
                    #expect(files.entries.count == files.count)
                    names += (0..<files.count).map { files[$0].path }
                case .large(let item): names.append(item.path)
                case .rest(let items): rest = items
                case .itself, .fault: Issue.record("\(part)")
                }
            }
            #expect(held <= FileReader.bodyByteCountMax, "\(held)")
            guard calls < 10 else { break }
        }
        #expect(names == all.map(\.path))
        #expect(calls == 3)
    }

    @Test(
        "a link in the middle of a path is not followed, whatever is asked for",
        arguments: [O_RDONLY, FileDescriptor.placeOnly, O_RDONLY | O_DIRECTORY])
    func linkInTheMiddle(flags: Int32) throws {
        try directory.tree("outside", ["deep/file": "secret"])
        try directory.tree("tree", ["real/deep/file": "1"])
        try Files.link(directory["tree/inside"], to: "real")
        try Files.link(directory["tree/outside"], to: "../outside")
        let tree = try Tree(directory["tree"])
        let leaf = flags & O_DIRECTORY != 0 ? "deep" : "deep/file"
        func code(_ path: String) -> DESError.Code? {
            do throws(DESError) {
                _ = try FileDescriptor(opening: path, below: tree.descriptor, flags, failing: "")
            } catch { return error.code }
            return nil
        }
        #expect(code("real/\(leaf)") == nil)
        #expect(code("inside/\(leaf)") == .conflict)
        #expect(code("outside/\(leaf)") == .conflict)
        #expect(code("missing/\(leaf)") == .notFound)
        for path in ["../outside/\(leaf)", "real/../real/\(leaf)", "..", directory["outside/\(leaf)"]] {
            #expect(code(path) == .unavailable, "\(path)")
        }
        try directory.tree("tree", ["..real..": "1", "r../..x/deep/file": "1"])
        #expect(code("r../..x/\(leaf)") == nil)
    }
}
