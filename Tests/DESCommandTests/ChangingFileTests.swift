import Glibc
import Testing

/// Files that change while they are streamed. The container goes into a pipe that is read only up to a point, so the
/// packer stands still in the middle of a large file for as long as the test needs.
@Suite("Large files that change while they are packed")
struct ChangingFileTests {
    private let directory: TemporaryDirectory
    private let byteCount = 8 << 20

    init() throws {
        directory = try TemporaryDirectory()
        try Files.write(directory["tree/a-large"], [UInt8](repeating: 7, count: byteCount))
        try Files.write(directory["tree/b-large"], [UInt8](repeating: 8, count: 300_000))
        try directory.tree("tree", ["c": "small"])
    }

    /// Packs, does `change` when the first large file is open and partly read, and checks that `victim` is missing.
    private func pack(order: String, victim: String, saying message: String, _ change: () throws -> Void) throws {
        let command = Command.des("pack", directory["tree"], "--order", order, "-o", "-")
        let running = try command.start()
        // The header, then some of the large file; before it come, in the order of keys, the two other files.
        let start = try running.read(16 + 1_000 + (order == "key" ? "small".utf8.count + 300_000 : 0))
        #expect(start.last == 7)
        try change()
        var result = try running.wait()
        result.output = start + result.output
        #expect(
            result.status == 3 && result.errors.contains("tree/\(victim): left out: \(message)"), "\(result.errors)")
        #expect(result.errors.contains("2 entries, 1 left out"), "\(result.errors)")
        try Files.write(directory["out.des"], result.output)
        try Container.expectClean(directory["out.des"])
        #expect(
            try Container.names(directory["out.des"], "--sort", "name")
                == ["a-large", "b-large", "c"].filter { $0 != victim })
    }

    @Test("one that grows leaves no torn entry", arguments: ["input", "key"])
    func grown(order: String) throws {
        try pack(order: order, victim: "a-large", saying: "its size changed") {
            let file = open(directory["tree/a-large"], O_WRONLY | O_APPEND | O_CLOEXEC)
            #expect(write(file, "x", 1) == 1)
            close(file)
        }
    }

    @Test("one that shrinks leaves no torn entry", arguments: [0, 3 << 20, (8 << 20) - 1])
    func shrunk(byteCount: Int) throws {
        try pack(order: "input", victim: "a-large", saying: "its size changed") {
            #expect(truncate(directory["tree/a-large"], byteCount) == 0)
        }
    }

    @Test("one that vanishes before its turn comes is left out; the one that is being read is packed whole")
    func vanished() throws {
        try pack(order: "input", victim: "b-large", saying: "No such file") {
            #expect(unlink(directory["tree/a-large"]) == 0 && unlink(directory["tree/b-large"]) == 0)
        }
    }

    @Test("one that becomes a link or a pipe before its turn comes is left out", arguments: ["link", "pipe"])
    func replaced(kind: String) throws {
        try pack(order: "input", victim: "b-large", saying: "") {
            #expect(unlink(directory["tree/b-large"]) == 0)
            if kind == "link" {
                try Files.link(directory["tree/b-large"], to: "/etc/passwd")
            } else {
                #expect(mkfifo(directory["tree/b-large"], 0o600) == 0)
            }
        }
    }
}
