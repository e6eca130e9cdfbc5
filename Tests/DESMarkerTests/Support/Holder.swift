import TestServers

/// A session in a transaction that does nothing.
struct Holder {
    let catalog: MarkedCatalog
    let client: Daemon

    static let sessions = """
        FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()
        """

    /// The server does not look whether the client of a session that sleeps is still there.
    func end() async throws {
        try await catalog.query("SELECT pg_terminate_backend(pid) \(Holder.sessions)")
        try await catalog.wait(for: "SELECT count(*) \(Holder.sessions)", "0")
        client.kill()
    }
}

extension MarkedCatalog {
    /// A session that has run `sql` in a transaction, which it holds open.
    func hold(_ sql: String) async throws -> Holder {
        let script = "BEGIN ISOLATION LEVEL REPEATABLE READ; \(sql); SELECT pg_sleep(600)"
        let client = try await Daemon(
            "psql",
            ["-X", "-h", server.socketDirectory, "-p", "\(server.port)", "-U", "postgres", "-d", database]
                + script.split(separator: ";").flatMap { ["-c", String($0)] })
        try await wait(for: "SELECT count(*) \(Holder.sessions)", "1")
        return Holder(catalog: self, client: client)
    }

    /// A session with a snapshot of now.
    func holdSnapshot() async throws -> Holder { try await hold("SELECT count(*) FROM des_queue") }
}
