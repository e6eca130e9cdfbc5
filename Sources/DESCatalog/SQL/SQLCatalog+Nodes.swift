internal import DESCore

extension SQLCatalog {
    func nodeLeases(_ nodes: ClosedRange<UInt8>, holder: String, timeToLive: Duration) -> any NodeLeases {
        SQLNodeLeases(catalog: self, nodes: nodes, holder: holder, timeToLive: timeToLive)
    }

    func clockOffset() async throws -> Int {
        try await pool.run { [dialect] session in
            let clock = NameClock.system
            // The first answer pays for the connection.
            _ = try session.run("SELECT 1")
            let before = clock.steady()
            let time = try session.run("SELECT \(dialect.milliseconds(dialect.now))").integer(0, 0) ?? clock.wall()
            return time - (before + clock.steady()) / 2
        }
    }
}

/// Node ids in `des_node_leases`.
private struct SQLNodeLeases: NodeLeases {
    let catalog: any SQLCatalog
    let nodes: ClosedRange<UInt8>
    let holder: String
    let timeToLive: Duration

    func acquire() async throws -> (any NodeLease)? {
        let dialect = catalog.dialect
        let held: (node: Int, epoch: Int, ceiling: Int)? = try await catalog.describingErrors { session in
            let epoch = try catalog.nextEpoch(session)
            // The lowest ceiling first: what a crash, or a clock that was ahead, has promised is used last.
            let rows = try session.run(
                """
                UPDATE des_node_leases SET holder = $1, epoch = $2, expires_at = \(dialect.now("+", "$3"))
                WHERE node = (
                    SELECT node FROM des_node_leases
                    WHERE node BETWEEN $4 AND $5 AND (expires_at IS NULL OR expires_at < \(dialect.now))
                    ORDER BY ceiling, node LIMIT 1 \(dialect.locking))
                RETURNING node, ceiling
                """,
                [
                    .text(holder), .integer(epoch), .integer(timeToLive.milliseconds),
                    .integer(Int(nodes.lowerBound)), .integer(Int(nodes.upperBound)),
                ])
            guard rows.count == 1, let node = rows.integer(0, 0), let ceiling = rows.integer(0, 1) else { return nil }
            return (node, epoch, ceiling)
        }
        return held.map { held in
            SQLNodeLease(
                catalog: catalog, timeToLive: timeToLive, node: UInt8(held.node), epoch: held.epoch,
                floor: held.ceiling)
        }
    }
}

private struct SQLNodeLease: NodeLease {
    let catalog: any SQLCatalog
    let timeToLive: Duration
    let node: UInt8
    let epoch: Int
    let floor: Int

    func raise(to ceiling: Int) async throws {
        let dialect = catalog.dialect
        // An expired lease that nobody has taken is still ours: the epoch says so.
        try await update(
            """
            UPDATE des_node_leases
            SET ceiling = CASE WHEN ceiling > $3 THEN ceiling ELSE $3 END, expires_at = \(dialect.now("+", "$4"))
            WHERE node = $1 AND epoch = $2
            """, [.integer(ceiling), .integer(timeToLive.milliseconds)])
    }

    func release(at ceiling: Int) async throws {
        try await update(
            "UPDATE des_node_leases SET ceiling = $3, holder = NULL, expires_at = NULL WHERE node = $1 AND epoch = $2",
            [.integer(ceiling)])
    }

    private func update(_ sql: String, _ values: [SQLValue]) async throws {
        let changedCount = try await catalog.describingErrors { session in
            try session.run(sql, [.integer(Int(node)), .integer(epoch)] + values).changedCount
        }
        guard changedCount == 1 else {
            throw DESError(.conflict, "node id \(node) was leased by somebody else")
        }
    }
}

extension SQLCatalog {
    /// A transaction whose errors generators of names understand.
    fileprivate func describingErrors<T: Sendable>(
        _ body: @Sendable (any SQLSession) throws -> T
    ) async throws -> T {
        do {
            return try await pool.transaction(body)
        } catch let error as DatabaseError {
            throw DESError(error)
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int { Int(self / .milliseconds(1)) }
}
