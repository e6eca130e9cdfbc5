import TestServers
import Testing

/// A catalog whose files were packed, by the programs, from a directory of sources into one of containers.
struct PackedCatalog {
    let catalog: TestCatalog
    let sources: [String]

    var store: String { catalog.directory["store"] }

    /// - Parameter count: files.
    init(_ kind: TestCatalog.Kind, count: Int = 5, _ arguments: String...) async throws {
        catalog = try await TestCatalog(kind)
        let migration = try catalog.command(["migrate", "--set", "names.shard-bits=1"] + arguments).run()
        try #require(migration.status == 0, "\(migration)")
        try Files.makeDirectory(catalog.directory["store"])
        var (lines, sources): ([String], [String]) = ([], [])
        for number in 0..<count {
            let path = catalog.directory["sources/\(number).txt"]
            try Files.write(path, String(repeating: "text \(number) ", count: 10 + number))
            lines.append(#"{"source":"\#(path)"}"#)
            sources.append(path)
        }
        self.sources = sources
        try Files.write(catalog.directory["files.jsonl"], lines.joined(separator: "\n"))
        try check(catalog.command(["catalog", "import", catalog.directory["files.jsonl"]]))
        try check(program("des-marker", "--once", "--set", "marker.minimum-age=0s"))
        try check(program("des-packer", "--once", "--store", store))
    }

    private func check(_ command: Command) throws {
        let result = try command.run()
        try #require(result.status == 0, "\(result)")
    }

    private func program(_ name: String, _ arguments: String...) -> Command {
        var command = catalog.command(arguments)
        command.program = Toolbox.built(name)
        return command
    }

    /// A verb of des-admin that needs the store.
    func run(_ arguments: String...) throws -> Command.Result {
        var command = catalog.command(arguments)
        command.environment["DES_STORE_URL"] = store
        return try command.run()
    }

    /// The first container, as if its packer had died before the commit: the object is there, and its rows wait.
    func forgetCommit() async throws -> String {
        let key = try await catalog.query("SELECT min(key) FROM des_containers")
        let chosen = "(SELECT id FROM des_containers WHERE key = '\(key)')"
        _ = try await catalog.query(
            """
            INSERT INTO des_queue (source, source_id, status, name, shard, day)
            SELECT f.source, f.source_id, 'marked', f.name, c.shard, f.day
            FROM des_files AS f JOIN des_containers AS c ON c.id = f.container_id WHERE c.key = '\(key)'
            """)
        _ = try await catalog.query("DELETE FROM des_files WHERE container_id = \(chosen)")
        _ = try await catalog.query("UPDATE des_containers SET state = 'abandoned' WHERE key = '\(key)'")
        return key
    }

    /// Files and committed containers.
    func packed() async throws -> String {
        try await catalog.query(
            """
            SELECT name, source, source_id, container_id, data_offset, byte_count, flags, crc, day FROM des_files ORDER BY name
            """)
            + "\n"
            + catalog.query(
                """
                SELECT id, key, shard, day, epoch, entry_count, byte_count FROM des_containers
                WHERE state = 'committed' ORDER BY id
                """)
    }
}
