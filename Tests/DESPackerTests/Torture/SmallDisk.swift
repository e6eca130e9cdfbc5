import TestServers

/// A directory of its own for one process, which is full now and then.
struct SmallDisk: Sendable {
    /// What the process is started by.
    let program: [String]
    let directory: String
    /// Which way there was to have one here.
    let kind: String

    /// Two containers of small files, or three; none of larger ones.
    private static let byteCount = 300_000

    /// A file system that is mounted for the process alone, and gone with it. Who may not mount gets a limit on the size of his
    /// files instead, which a container of larger ones exceeds.
    init() async throws {
        directory = try TemporaryRoot.shared.directory()
        let mount = "mount -t tmpfs -o size=\(SmallDisk.byteCount) tmpfs \"$0\" && exec \"$@\""
        let (unshare, shell) = (try Toolbox.path(of: "unshare"), try Toolbox.path(of: "sh"))
        let ways = [("tmpfs", ["--mount"]), ("tmpfs of a user namespace", ["--user", "--map-root-user", "--mount"])]
        for (kind, options) in ways {
            let program = [unshare] + options + ["--", shell, "-c", mount, directory]
            let trial = try await Program.run("unshare", program.dropFirst() + [try Toolbox.path(of: "true")])
            guard trial.status == 0 else { continue }
            (self.program, self.kind) = (program, kind)
            return
        }
        // Ignored signals stay ignored: a write beyond the limit is an error, and not the end.
        program = [
            try Toolbox.path(of: "prlimit"), "--fsize=\(SmallDisk.byteCount / 2)", "--", shell, "-c",
            "trap '' XFSZ; exec \"$@\"", shell,
        ]
        kind = "limit on the size of files"
    }
}
