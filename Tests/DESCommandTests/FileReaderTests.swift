import DESCore
import Glibc
import Testing

@testable import des

@Suite("Reading files of a tree")
struct FileReaderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

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
