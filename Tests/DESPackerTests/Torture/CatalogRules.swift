@testable import DESCatalog

/// What is so in every state of the catalog, whatever has happened: invariants 10 and 11 of docs/architecture.md, and that
/// nothing is lost that was acknowledged.
enum CatalogRules {
    /// Each with the query for what breaks it.
    private static let rules = [
        (
            "a file is in a container that is committed",
            """
            SELECT f.name FROM des_files AS f
            LEFT JOIN des_containers AS c ON c.id = f.container_id AND c.state = 'committed' WHERE c.id IS NULL LIMIT 5
            """
        ),
        (
            "a committed container has all of its files, and no more",
            """
            SELECT c.id, c.entry_count, f.count FROM des_containers AS c
            LEFT JOIN (SELECT container_id, count(*) AS count FROM des_files GROUP BY container_id) AS f
                ON f.container_id = c.id
            WHERE c.state = 'committed' AND c.entry_count IS DISTINCT FROM f.count LIMIT 5
            """
        ),
        (
            "a file waits or is packed, and only once",
            """
            SELECT source, count(*) FROM (SELECT source FROM des_files UNION ALL SELECT source FROM des_queue) AS files
            GROUP BY source HAVING count(*) > 1 LIMIT 5
            """
        ),
        (
            "a name is that of one file",
            """
            SELECT name, count(*) FROM (SELECT name FROM des_files UNION ALL SELECT name FROM des_queue) AS names
            WHERE name IS NOT NULL GROUP BY name HAVING count(*) > 1 LIMIT 5
            """
        ),
        (
            "what is claimed belongs to a container that is being written, under the same epoch",
            """
            SELECT q.id, q.container_id, c.state FROM des_queue AS q LEFT JOIN des_containers AS c ON c.id = q.container_id
            WHERE q.status = 'claimed' AND (c.state IN ('writing', 'uploaded') AND c.epoch = q.epoch) IS NOT TRUE LIMIT 5
            """
        ),
        (
            "who is given a shard takes back what was open there",
            """
            SELECT c.id, c.state, c.epoch, l.epoch FROM des_containers AS c LEFT JOIN des_shard_leases AS l USING (shard)
            WHERE c.state IN ('writing', 'uploaded') AND c.epoch IS DISTINCT FROM l.epoch LIMIT 5
            """
        ),
        (
            "a shard has one open container",
            """
            SELECT shard, count(*) FROM des_containers WHERE state IN ('writing', 'uploaded')
            GROUP BY shard HAVING count(*) > 1 LIMIT 5
            """
        ),
        (
            "a key is of one container",
            "SELECT key, count(*) FROM des_containers GROUP BY key HAVING count(*) > 1 LIMIT 5"
        ),
    ]

    /// A container as its commit left it.
    struct Committed: Sendable, Hashable {
        var key: String
        /// Epoch, entries and bytes, which never change either.
        var facts: [String]
    }

    struct Findings: Sendable {
        /// By id.
        var committed: [String: Committed]
        var violations: [String]
    }

    /// Looks at one state of the catalog.
    /// - Parameter fileCountMin: files that are there for sure, waiting or packed.
    static func check(_ catalog: any SQLCatalog, fileCountMin: Int) async throws -> Findings {
        try await catalog.pool.transaction { session in
            try session.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            func rows(_ sql: String) throws -> [[String]] {
                let found = try session.run(sql)
                return (0..<found.count).map { row in (0..<found.columnCount).map { found.text(row, $0) ?? "NULL" } }
            }
            var violations: [String] = []
            for (rule, query) in rules {
                let breaches = try rows(query)
                if !breaches.isEmpty { violations.append("not so: \(rule): \(breaches)") }
            }
            let count = try rows("SELECT (SELECT count(*) FROM des_files) + (SELECT count(*) FROM des_queue)")
            if let count = count.first?.first.flatMap({ Int($0) }), count < fileCountMin {
                violations.append("\(count) files are known, \(fileCountMin) were acknowledged")
            }
            let committed = try rows(
                "SELECT id, key, epoch, entry_count, byte_count FROM des_containers WHERE state = 'committed'")
            return Findings(
                committed: Dictionary(
                    uniqueKeysWithValues: committed.map { ($0[0], Committed(key: $0[1], facts: Array($0[2...]))) }),
                violations: violations)
        }
    }
}
