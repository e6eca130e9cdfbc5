import DESCore
import Glibc

/// All measurements, in order. Each row runs ours and the peer in turn on the same data, and compares medians.
struct Suite {
    let des: String
    private let itself = Machine.pathOfThisProgram

    init(des: String) { self.des = des }

    func run(writingTo path: String) throws {
        let disk = try WorkDirectory(parent: Machine.environment("TMPDIR") ?? "/tmp")
        let memory = try WorkDirectory(parent: "/dev/shm")
        defer {
            disk.remove()
            memory.remove()
        }
        var table = Table()
        let machine = try Machine.description(of: disk.path)
        // Written after each part: what was measured is kept if a later part fails.
        try writer(&table)
        try table.markdown(machine: machine).write(to: path)
        try packAndExtract(disk, memory, &table)
        try table.markdown(machine: machine).write(to: path)
        try oneOfAMillion(memory, &table)
        try table.markdown(machine: machine).write(to: path)
    }

    /// What profiles of both programs on two cores show; figures of one machine, for the order of size.
    private static let packLimit =
        "both programs spend most of their time in the kernel (open, stat, read and close of 100,000 files, copies into "
        + "and out of the page cache): about 0.7 s of 1.2 s of processor time here, and 1.0 s of tar's on its one core. "
        + "With two cores to share that, the limit is about 1.5x to tmpfs and 2x to disk; more cores give more."
    private static let startLimit =
        "the start of the process, Swift's runtime and the parser of arguments, takes about 4 ms, which is most of the "
        + "time; what the read itself takes is the row for the inside of the process."

    private static let extractLimit =
        "creating 100,000 files is work of the file system, most of it under locks that two threads share, and on a disk "
        + "of its journal; the runs differ by much."
    private static let readLimit =
        "a mapped read touches ROOT, a page, its checksums and the body, which are as many misses of caches and of the "
        + "translation of addresses, against one copy by pread from a place that is given; which costs more depends on the "
        + "processor."

    /// 100,000 files against tar.
    private func packAndExtract(_ disk: WorkDirectory, _ memory: WorkDirectory, _ table: inout Table) throws {
        let tree = disk.path + "/tree"
        let total = try Dataset.logNormalTree(at: tree, fileCount: 100_000, medianByteCount: 4_096)
        note("100,000 files, \(total) bytes")
        for (place, directory, isSynced) in [("disk", disk.path, true), ("tmpfs", memory.path, false)] {
            let (ours, peer) = (directory + "/a.des", directory + "/a.tar")
            let tar = isSynced ? "tar -cf \(peer) -C \(tree) . && sync \(peer)" : "tar -cf \(peer) -C \(tree) ."
            var peak = 0
            let runs = try Paired.run(
                count: 5, prepare: { try Command("rm -f \(ours) \(peer); sync").run() },
                ours: {
                    let usage = try Command("exec \(des) pack \(tree) -o \(ours) --quiet").measured()
                    peak = max(peak, usage.peakByteCount)
                    return usage.seconds
                },
                peer: { try Command(tar).run().seconds })
            table.ratio(
                "pack 100,000 files (log-normal, median 4 KiB, \(total / 1_000_000) MB) to \(place), files/s",
                ours: 100_000 / runs.ours, peer: 100_000 / runs.peer, unit: "files/s",
                target: .atLeast(2, "x", limit: Suite.packLimit),
                command: tar.replacing(directory, with: "").replacing(tree, with: "tree"))
            table.value(
                "peak memory of that pack (whole process)", Double(peak) / 1_000_000, unit: "MB",
                target: .under(200, " MB"))
        }
        let (container, tar) = (disk.path + "/a.des", disk.path + "/a.tar")
        try Command("\(des) pack \(tree) -o \(container) --force --quiet").run()
        try Command("tar -cf \(tar) -C \(tree) . && rm -rf \(tree)").run()
        for (place, directory) in [("disk", disk.path), ("tmpfs", memory.path)] {
            let (out, tarOut) = (directory + "/out", directory + "/tar-out")
            let runs = try Paired.run(
                count: 5, prepare: { try Command("rm -rf \(out) \(tarOut); mkdir \(tarOut); sync").run() },
                ours: { try Command("\(des) extract \(container) -C \(out) --quiet").run().seconds },
                peer: { try Command("tar -xf \(tar) -C \(tarOut)").run().seconds })
            table.ratio(
                "extract the same to \(place), files/s", ours: 100_000 / runs.ours, peer: 100_000 / runs.peer,
                unit: "files/s", target: .atLeast(1.5, "x", limit: Suite.extractLimit), command: "tar -xf a.tar -C out")
            try Command("rm -rf \(out) \(tarOut)").run()
        }
        try Command("rm -rf \(tar) \(memory.path)/a.tar \(memory.path)/a.des").run()
    }

    /// Reads of a container of a million entries.
    private func oneOfAMillion(_ memory: WorkDirectory, _ table: inout Table) throws {
        let (tree, container, zip) = (memory.path + "/million", memory.path + "/m.des", memory.path + "/m.zip")
        try Dataset.uniformTree(at: tree, fileCount: 1_000_000, byteCount: 1_024)
        try Command("\(des) pack \(tree) -o \(container) --quiet").run()
        try Command("cd \(tree) && zip -0 -q -r \(zip) .").run()
        let name = Dataset.name(654_321)
        let file = memory.path + "/one"
        try Command("cp \(tree)/\(name) \(file) && rm -rf \(tree)").run()

        let cat = try Paired.run(
            count: 201, prepare: {},
            ours: { try Command([des, "cat", container, name]).run().seconds },
            peer: { try Command(["/bin/cat", file]).run().seconds })
        table.process(
            "`des cat` of one name from 1,000,000 entries of 1 KiB, whole process", ours: cat.ours, peer: cat.peer,
            target: .atMost(12, "x its time", limit: Suite.startLimit),
            command: "cat one-file-of-1-KiB", isFactorOfPeer: true)
        let unzip = try Paired.run(
            count: 5, prepare: {},
            ours: { try Command([des, "cat", container, name]).run().seconds },
            peer: { try Command(["/usr/bin/unzip", "-p", zip, name]).run().seconds })
        table.process(
            "the same against a zip of the same tree", ours: unzip.ours, peer: unzip.peer,
            target: .atLeast(50, "x faster", limit: Suite.startLimit),
            command: "unzip -p m.zip NAME", isFactorOfPeer: false)
        try Command("rm \(zip)").run()

        let open = try loop("open", container, "1000000")
        table.value("open and read one name, inside the process", open[0] * 1_000, unit: "ms", target: .under(1, " ms"))
        table.value("bytes read for that", open[1] / 1_024, unit: "KiB", target: .under(256, " KiB"))
        let reads = try Paired.run(
            count: 5, prepare: {}, ours: { try 1 / loop("reads", container, "1000000")[0] },
            peer: { try 1 / loop("bare-reads", container, "1000000")[0] })
        table.ratio(
            "checked random reads of 1 KiB by name, warm, one core", ours: 1 / reads.ours, peer: 1 / reads.peer,
            unit: "reads/s", target: .atLeast(1, "x", limit: Suite.readLimit),
            command: "loop: pread into a reused buffer, CRC32C, SHA-256 of the name")
        let anonymous = try loop("memory-reads", container, "1000000")[0] - loop("memory-empty")[0]
        table.value(
            "RssAnon of a reader after 10,000 random reads, above an empty process", anonymous / 1_000_000, unit: "MB",
            target: .under(32, " MB"))
    }

    /// What the writer costs.
    private func writer(_ table: inout Table) throws {
        let written = try loop("write", "4000000")
        let empty = try loop("memory-empty")[0]
        table.value(
            "peak memory of writing 4,000,000 tiny entries (names of 16 bytes), above an empty process",
            (written[0] - empty) / 4_000_000, unit: "bytes/entry", target: .under(160, " bytes/entry"))
        table.value(
            "container of 4,000,000 entries, above the v1 layout of the same",
            (written[1] - written[2] - 131_072) / 4_000_000, unit: "bytes/entry + 128 KiB",
            target: .atMost(9, " bytes/entry + 128 KiB"))
    }

    private func loop(_ arguments: String...) throws -> [Double] {
        note("loop " + arguments.joined(separator: " "))
        let output = try Command([itself, "loop"] + arguments).run(capturing: true).output
        return output.split(separator: "\n").compactMap { Double($0) }
    }
}

/// Says on standard error what is going on.
func note(_ line: String) {
    let bytes = Array("bench: \(line)\n".utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
}
